"""
thread_server.py  基于 Thread 的多线程并发
"""
from socket import *
from threading import Thread
import sys

HOST = '0.0.0.0'
PORT = 8888
ADDR = (HOST, PORT)

# 处理客户端请求
def handle(c):
    while True:
        data = c.recv(1024)
        if not data:
            break
        print(data.decode())
        c.send(b'Thanks')
    c.close()

s = socket()
s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
s.bind(ADDR)
s.listen(5)
print('Listen the port 8888...')

while True:
    try:
        c, addr = s.accept()
        print('Connect from', addr)
    except KeyboardInterrupt:
        sys.exit('服务器退出')
    except Exception as e:
        print(e)
        continue
    t = Thread(target=handle, args=(c,))
    t.setDaemon(True)
    t.start()
