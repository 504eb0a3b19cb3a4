# thread_server without threads: whoever connects second waits.
import os, socket

server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))
while True:
    client, address = server.accept()
    try:
        while client.recv(1024):
            client.sendall(b'Thanks')
    except OSError:
        pass
    client.close()
