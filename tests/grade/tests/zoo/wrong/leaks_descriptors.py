# It opens a log for each client and never closes it.
import os, socketserver

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        os.open('/dev/null', os.O_WRONLY)
        try:
            while self.request.recv(1024):
                self.request.sendall(b'Thanks')
        except OSError:
            pass

socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
