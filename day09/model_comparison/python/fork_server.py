"""day09 前情回顾 5: a child process for each client."""
import os
import signal

import text

signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
args = text.options()
s = text.listen(args)
while True:
    c, addr = s.accept()
    if os.fork() == 0:
        s.close()
        text.talk(c, args)
        os._exit(0)
    c.close()
