"""
loop_server.py  循环模型
"""
import socket
import sys

sockfd = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sockfd.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sockfd.bind(('0.0.0.0', 8888))
sockfd.listen(5)

while True:
    try:
        connfd, addr = sockfd.accept()
    except KeyboardInterrupt:
        sys.exit('退出')
    while True:
        try:
            data = connfd.recv(1024)
        except ConnectionResetError:
            break
        if not data:
            break
        print('接收到的消息:', data)
        connfd.send(b'Thanks')
    connfd.close()
