"""
tcp_client.py  tcp 客户端流程
"""
from socket import *

sockfd = socket()
server_addr = ('127.0.0.1', 8888)
sockfd.connect(server_addr)

while True:
    data = input('Msg>>')
    if not data:
        break
    sockfd.send(data.encode())
    data = sockfd.recv(1024)
    print('Server:', data.decode())
sockfd.close()
