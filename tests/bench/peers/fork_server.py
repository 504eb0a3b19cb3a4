"""Python's own fork server, as the notes use it: echoes on any free port."""
import socket
import socketserver


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := self.request.recv(1024):
            self.request.sendall(data)


class Server(socketserver.ForkingTCPServer):
    request_queue_size = 4096
    max_children = 4096  # 40 unless told: the 41st client would wait


Server(("127.0.0.1", 0), Echo).serve_forever()
