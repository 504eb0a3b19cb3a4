# tcp_client that connects, and only talks to itself.
import os, socket

s = socket.create_connection(('127.0.0.1', int(os.environ['PORT'])))
while True:
    try:
        line = input('> ')
    except EOFError:
        break
    print('Thanks')
