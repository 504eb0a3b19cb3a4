# No SO_REUSEADDR: the port is taken for a minute after it has ended.
import os, socketserver

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while self.request.recv(1024):
                self.request.sendall(b'Thanks')
        except OSError:
            pass

socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
