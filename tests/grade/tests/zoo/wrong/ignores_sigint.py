# Ctrl-C does nothing.
import os, signal, socketserver

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while self.request.recv(1024):
                self.request.sendall(b'Thanks')
        except OSError:
            pass

signal.signal(signal.SIGINT, signal.SIG_IGN)
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
