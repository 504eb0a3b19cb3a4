# gevent_server with a thread for each client.
import os, socketserver

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while self.request.recv(1024):
                self.request.sendall(b'OK')
        except OSError:
            pass

socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
