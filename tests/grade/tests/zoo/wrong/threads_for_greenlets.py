# greenlet_test with a thread for each line, one after the other: each lives for a moment only.
import threading

for number in (12, 56, 34, 78):
    thread = threading.Thread(target=print, args=(number,))
    thread.start()
    thread.join()
