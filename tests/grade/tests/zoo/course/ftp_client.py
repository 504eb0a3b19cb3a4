"""
ftp 文件服务器，客户端
"""
from socket import *
import sys
import time

ADDR = ('127.0.0.1', 2121)

class FtpClient:
    def __init__(self, sockfd):
        self.sockfd = sockfd

    def do_list(self):
        self.sockfd.send(b'L')
        data = self.sockfd.recv(128).decode()
        if data == 'OK':
            data = self.sockfd.recv(4096).decode()
            for file in data.split('#'):
                print(file)
        else:
            print(data)

    def do_get(self, filename):
        self.sockfd.send(('G ' + filename).encode())
        data = self.sockfd.recv(128).decode()
        if data == 'OK':
            fd = open(filename, 'wb')
            while True:
                data = self.sockfd.recv(1024)
                if data == b'##':
                    break
                fd.write(data)
            fd.close()
        else:
            print(data)

    def do_put(self, filename):
        try:
            fd = open(filename, 'rb')
        except IOError:
            print('没有该文件')
            return
        filename = filename.split('/')[-1]
        self.sockfd.send(('P ' + filename).encode())
        data = self.sockfd.recv(128).decode()
        if data == 'OK':
            while True:
                data = fd.read(1024)
                if not data:
                    time.sleep(0.1)
                    self.sockfd.send(b'##')
                    break
                self.sockfd.send(data)
            fd.close()
        else:
            print(data)

    def do_quit(self):
        self.sockfd.send(b'Q')
        self.sockfd.close()
        sys.exit('谢谢使用')

sockfd = socket()
try:
    sockfd.connect(ADDR)
except Exception as e:
    sys.exit('连接服务器失败: %s' % e)
ftp = FtpClient(sockfd)
while True:
    print('\n========命令选项=========')
    print('***      list       ***')
    print('***    get file     ***')
    print('***    put file     ***')
    print('***      quit       ***')
    print('=========================')
    cmd = input('输入命令:')
    if cmd.strip() == 'list':
        ftp.do_list()
    elif cmd.strip() == 'quit':
        ftp.do_quit()
    elif cmd[:3] == 'get':
        ftp.do_get(cmd.strip().split(' ')[-1])
    elif cmd[:3] == 'put':
        ftp.do_put(cmd.strip().split(' ')[-1])
    else:
        print('请输入正确命令')
