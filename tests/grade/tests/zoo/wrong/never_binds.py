# It waits, on a socket that it has forgotten to bind.
import socket, time

server = socket.socket()
print('listening on 127.0.0.1:8888')
time.sleep(600)
