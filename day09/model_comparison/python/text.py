"""What the four servers beside this file share: their options, the listening socket, the text service."""
import argparse
import socket
import time


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument('--host', default='127.0.0.1')
    parser.add_argument('--port', type=int, default=8888)
    parser.add_argument('--backlog', type=int, default=4096)
    parser.add_argument('--echo', action='store_true')
    parser.add_argument('--work', metavar='io:MS|cpu:MS')
    return parser.parse_args()


def listen(args):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((args.host, args.port))
    s.listen(args.backlog)
    ready(s)
    return s


def ready(s):
    print('listening on %s:%d' % s.getsockname(), flush=True)


def talk(c, args):
    """Answers one client until it leaves."""
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := c.recv(1024):
        work(args.work)
        c.sendall(data if args.echo else b'Thanks')


def work(what):
    if what is None:
        return
    kind, ms = what.split(':')
    seconds = int(ms) / 1000
    if kind == 'io':
        time.sleep(seconds)                 # waits: the GIL is let go meanwhile
    else:
        end = time.thread_time() + seconds  # computes: the GIL is held
        while time.thread_time() < end:
            pass
