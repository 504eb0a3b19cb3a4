"""
sock_server.py  socketserver 模块
"""
from socketserver import *

# 【1】 创建服务器类
class Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True

# 【2】 创建请求处理类
class Handler(StreamRequestHandler):
    def handle(self):
        print('Connect from', self.client_address)
        while True:
            data = self.request.recv(1024)
            if not data:
                break
            print(data.decode())
            self.request.send(b'OK')

# 【3】【4】
server = Server(('0.0.0.0', 8888), Handler)
server.serve_forever()
