"""Python's own socketserver, any of its classes: echoes on any free port. socketserver_kinds.py CLASS"""
import socket
import socketserver
import sys


class Stream(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := self.request.recv(1024):
            self.request.sendall(data)


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data, self.client_address)


class Server(getattr(socketserver, sys.argv[1])):
    request_queue_size = 4096
    max_children = 4096  # 40 unless told: the 41st client would wait


Server(("127.0.0.1", 0), Datagram if "UDP" in sys.argv[1] else Stream).serve_forever()
