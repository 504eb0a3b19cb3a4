"""
http_server_select.py  基于 select 的 HTTP 服务
"""
from socket import *
from select import select
import os, sys, time

STATIC = os.environ['DIR'] + '/static'

s = socket()
s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
s.bind(('0.0.0.0', 8000))
s.listen(5)
rlist = [s]

def handle(c):
    request = c.recv(4096)
    if not request:
        return
    line = request.splitlines()[0].decode()
    print(line)
    info = line.split(' ')[1]
    if info == '/time':
        c.send(('HTTP/1.1 200 OK\r\n\r\n' + time.ctime()).encode())
        return
    try:
        with open(STATIC + ('/index.html' if info == '/' else info)) as f:
            c.sendall(('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n' + f.read()).encode())
    except IOError:
        c.send(b'HTTP/1.1 404 Not Found\r\n\r\nSorry....')

while True:
    try:
        rs, ws, xs = select(rlist, [], [])
    except KeyboardInterrupt:
        sys.exit('服务器退出')
    for r in rs:
        if r is s:
            c, addr = r.accept()
            rlist.append(c)
        else:
            handle(r)
            rlist.remove(r)
            r.close()
