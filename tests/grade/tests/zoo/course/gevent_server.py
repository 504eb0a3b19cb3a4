"""
gevent_server.py  协程并发
"""
import gevent
from gevent import monkey
monkey.patch_all()  # 执行脚本，修改 socket 阻塞
from socket import *

def handle(c):
    while True:
        data = c.recv(1024)
        if not data:
            break
        print(data.decode())
        c.send(b'OK')
    c.close()

s = socket()
s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
s.bind(('0.0.0.0', 8888))
s.listen(5)
while True:
    c, addr = s.accept()
    print('Connect from', addr)
    gevent.spawn(handle, c)
