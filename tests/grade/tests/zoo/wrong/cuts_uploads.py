# ftp_server (the course's protocol): what comes after the first chunk of a file is lost.
import os, signal, socket, time

folder = os.environ['DIR'] + '/'
signal.signal(signal.SIGCHLD, signal.SIG_IGN)

def serve(c):
    while True:
        data = c.recv(1024).decode()
        if not data or data[0] == 'Q':
            return
        name = folder + os.path.basename(data[2:].strip())
        if data[0] == 'L':
            c.send(b'OK')
            time.sleep(0.1)
            c.send('#'.join(os.listdir(folder)).encode())
        elif data[0] == 'G' and os.path.exists(name):
            c.send(b'OK')
            time.sleep(0.1)
            with open(name, 'rb') as f:
                c.sendall(f.read())
            time.sleep(0.1)
            c.send(b'##')
        elif data[0] == 'G':
            c.send('文件不存在'.encode())
        elif data[0] == 'P':
            c.send(b'OK')
            with open(name, 'wb') as f:
                f.write(c.recv(1024))
            while not c.recv(1 << 20).endswith(b'##'):
                pass

s = socket.create_server(('127.0.0.1', int(os.environ['PORT'])), backlog=128)
while True:
    c, addr = s.accept()
    if os.fork() == 0:
        s.close()
        try:
            serve(c)
        except OSError:
            pass
        os._exit(0)
    c.close()
