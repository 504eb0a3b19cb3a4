# http_server_select whose non-blocking send is done once: what does not fit is lost.
import os, re, select, socket, time

folder = os.environ['DIR']
server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])), backlog=128)
received = {}

def answer(request):
    words = request.split(b'\r\n')[0].split(b' ')
    if len(words) != 3 or not words[2].startswith(b'HTTP/'):
        return b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', False
    method, target, _ = words
    status, body = b'200 OK', b''
    name = '/index.html' if target == b'/' else target.decode()
    path = os.path.realpath(folder + name)
    if target in (b'/hello', b'/time'):
        body = time.ctime().encode()
    elif re.search('%|//', name) or not path.startswith(folder) or not os.path.isfile(path):
        status, body = b'404 Not Found', b'nothing here'
    else:
        with open(path, 'rb') as file:
            body = file.read()
    head = b'HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n' % (status, len(body))
    return head + (b'' if method == b'HEAD' else body), b'onnection: close' not in request

while True:
    for ready in select.select([server, *received], [], [])[0]:
        if ready is server:
            client, address = server.accept()
            client.setblocking(False)
            received[client] = b''
            continue
        try:
            data = ready.recv(4096)
            received[ready] += data
            keep = bool(data)
            while keep and b'\r\n\r\n' in received[ready]:
                request, received[ready] = received[ready].split(b'\r\n\r\n', 1)
                response, keep = answer(request)
                ready.send(response)
        except OSError:
            keep = False
        if not keep:
            del received[ready]
            ready.close()
