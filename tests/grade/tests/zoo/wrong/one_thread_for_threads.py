# thread_server by one select loop: all is answered, and the model is another.
import os, select, socket

server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])), backlog=128)
clients = []
owed = {}
while True:
    readable, writable, _ = select.select([server] + [c for c in clients if not owed[c]],
                                          [c for c in clients if owed[c]], [])
    for ready in readable + writable:
        if ready is server:
            client, address = server.accept()
            client.setblocking(False)
            clients.append(client)
            owed[client] = b''
            continue
        try:
            if not owed[ready]:
                data = ready.recv(1024)
                if not data:
                    raise ConnectionError
                owed[ready] = b'Thanks'
            owed[ready] = owed[ready][ready.send(owed[ready]):]
        except BlockingIOError:
            pass
        except OSError:
            clients.remove(ready)
            del owed[ready]
            ready.close()
