"""day09 二: socketserver, put together from a mix-in and a server class."""
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn

import text

args = text.options()


class Server(ThreadingMixIn, TCPServer):      # 【1】
    daemon_threads = True
    request_queue_size = args.backlog


class Handler(StreamRequestHandler):          # 【2】
    def handle(self):
        text.talk(self.request, args)


server = Server((args.host, args.port), Handler)  # 【3】
text.ready(server.socket)
server.serve_forever()                        # 【4】
