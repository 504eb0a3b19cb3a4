# One message, and it takes all the memory there is.
import os, socket

server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))
while True:
    client, address = server.accept()
    if client.recv(1024):
        eaten = []
        while True:
            eaten.append(b'x' * (1 << 24))
