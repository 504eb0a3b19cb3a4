"""
ftp 文件服务器，多进程
"""
from socket import *
import os, sys
import signal
import time

ADDR = ('0.0.0.0', 2121)
FTP = os.environ['DIR'] + '/'   # 文件库路径

class FtpServer:
    def __init__(self, connfd):
        self.connfd = connfd

    def do_list(self):
        files = os.listdir(FTP)
        if not files:
            self.connfd.send('文件库为空'.encode())
            return
        self.connfd.send(b'OK')
        time.sleep(0.1)
        filelist = ''
        for file in files:
            if file[0] != '.' and os.path.isfile(FTP + file):
                filelist += file + '#'
        self.connfd.sendall(filelist.encode())

    def do_get(self, filename):
        try:
            fd = open(FTP + filename, 'rb')
        except IOError:
            self.connfd.send('文件不存在'.encode())
            return
        self.connfd.send(b'OK')
        time.sleep(0.1)
        while True:
            data = fd.read(1024)
            if not data:
                time.sleep(0.1)
                self.connfd.send(b'##')
                break
            self.connfd.send(data)
        fd.close()

    def do_put(self, filename):
        if os.path.exists(FTP + filename):
            self.connfd.send('该文件已存在'.encode())
            return
        self.connfd.send(b'OK')
        fd = open(FTP + filename, 'wb')
        while True:
            data = self.connfd.recv(1024)
            if data == b'##':
                break
            fd.write(data)
        fd.close()

def do_request(connfd):
    ftp = FtpServer(connfd)
    while True:
        data = connfd.recv(1024).decode()
        if not data or data[0] == 'Q':
            connfd.close()
            return
        elif data[0] == 'L':
            ftp.do_list()
        elif data[0] == 'G':
            ftp.do_get(data.split(' ')[-1])
        elif data[0] == 'P':
            ftp.do_put(data.split(' ')[-1])

sockfd = socket()
sockfd.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
sockfd.bind(ADDR)
sockfd.listen(5)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print('Listen the port 2121...')

while True:
    try:
        connfd, addr = sockfd.accept()
    except KeyboardInterrupt:
        sys.exit('服务器退出')
    except Exception as e:
        print(e)
        continue
    print('连接的客户端:', addr)
    pid = os.fork()
    if pid == 0:
        sockfd.close()
        do_request(connfd)
        os._exit(0)
    else:
        connfd.close()
