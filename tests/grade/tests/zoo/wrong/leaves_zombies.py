# fork_server that never waits for its children.
import os, socket

server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])), backlog=128)
while True:
    client, address = server.accept()
    if os.fork() == 0:
        server.close()
        try:
            while client.recv(1024):
                client.sendall(b'Thanks')
        except OSError:
            pass
        os._exit(0)
    client.close()
