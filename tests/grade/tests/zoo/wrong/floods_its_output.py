# It serves, and prints without end meanwhile.
import os, socketserver, sys, threading

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while self.request.recv(1024):
                self.request.sendall(b'Thanks')
        except OSError:
            pass

def flood():
    while True:
        os.write(1, b'waiting for clients\n' * 100)

threading.Thread(target=flood, daemon=True).start()
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
