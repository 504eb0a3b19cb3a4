# select_server that takes no exception into account.
import os, select, socket

server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])), backlog=128)
clients = [server]
while True:
    for ready in select.select(clients, [], [])[0]:
        if ready is server:
            clients.append(server.accept()[0])
            continue
        data = ready.recv(1 << 24)
        if data:
            ready.sendall(b'Thanks')
        else:
            clients.remove(ready)
            ready.close()
