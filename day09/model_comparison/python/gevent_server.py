"""day09 四: monkey patching, and a coroutine for each client."""
from gevent import monkey
monkey.patch_all()                            # before the others are imported

import gevent

import text

args = text.options()
s = text.listen(args)
while True:
    c, addr = s.accept()
    gevent.spawn(text.talk, c, args)
