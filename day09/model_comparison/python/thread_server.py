"""day09 一: a thread for each client."""
from threading import Thread

import text

args = text.options()
s = text.listen(args)
while True:
    c, addr = s.accept()
    Thread(target=text.talk, args=(c, args), daemon=True).start()
