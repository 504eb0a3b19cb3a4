"""
fork_server.py  基于 fork 的多进程并发
"""
from socket import *
import os, sys
import signal

ADDR = ('0.0.0.0', 8888)

def handle(c):
    print('客户端:', c.getpeername())
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
s.listen(3)

# 处理僵尸进程
signal.signal(signal.SIGCHLD, signal.SIG_IGN)

while True:
    try:
        c, addr = s.accept()
    except KeyboardInterrupt:
        sys.exit('服务器退出')
    except Exception as e:
        print(e)
        continue

    pid = os.fork()
    if pid == 0:
        s.close()
        handle(c)
        os._exit(0)
    else:
        c.close()
