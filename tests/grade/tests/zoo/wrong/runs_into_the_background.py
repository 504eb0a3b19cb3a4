# A daemon: its first process ends at once, the one that listens belongs to nobody.
import os, socketserver

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        while self.request.recv(1024):
            self.request.sendall(b'Thanks')

if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
