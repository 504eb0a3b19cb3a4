"""
HTTPServer 2.0
"""
from socket import *
from threading import Thread
import os, sys, time

class HTTPServer:
    def __init__(self, server_addr, static_dir):
        self.server_address = server_addr
        self.static_dir = static_dir
        self.sockfd = socket()
        self.sockfd.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self.sockfd.bind(server_addr)
        self.ip, self.port = server_addr

    def serve_forever(self):
        self.sockfd.listen(5)
        print('Listen the port %d' % self.port)
        while True:
            try:
                connfd, addr = self.sockfd.accept()
            except KeyboardInterrupt:
                self.sockfd.close()
                sys.exit('服务器退出')
            client = Thread(target=self.handle, args=(connfd,))
            client.setDaemon(True)
            client.start()

    def handle(self, connfd):
        request = connfd.recv(4096)
        if not request:
            connfd.close()
            return
        request_line = request.splitlines()[0]
        info = request_line.decode().split(' ')[1]
        if info == '/' or info[-5:] == '.html':
            self.get_html(connfd, info)
        else:
            self.get_data(connfd, info)
        connfd.close()

    def get_html(self, connfd, info):
        if info == '/':
            filename = self.static_dir + '/index.html'
        else:
            filename = self.static_dir + info
        try:
            fd = open(filename)
        except IOError:
            response = 'HTTP/1.1 404 Not Found\r\n\r\n<h1>Sorry, not found the page</h1>'
        else:
            response = 'HTTP/1.1 200 OK\r\nContent-Type:text/html\r\n\r\n' + fd.read()
        connfd.sendall(response.encode())

    def get_data(self, connfd, info):
        urls = {'/time': time.ctime(), '/tedu': 'tedu', '/python': 'python'}
        if info in urls:
            response = 'HTTP/1.1 200 OK\r\nContent-Type:text/html\r\n\r\n' + urls[info]
        else:
            response = 'HTTP/1.1 404 Not Found\r\n\r\n<h1>Sorry, not found the data</h1>'
        connfd.sendall(response.encode())

httpd = HTTPServer(('0.0.0.0', 8000), os.environ['DIR'] + '/static')
httpd.serve_forever()
