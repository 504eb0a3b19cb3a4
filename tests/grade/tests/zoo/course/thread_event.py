"""
thread_event.py  线程同步
"""
from threading import Thread, Event
from time import sleep

e = Event()
print('is_set:', e.is_set())
e.set()
print('is_set:', e.is_set(), 'wait:', e.wait())
e.clear()
print('is_set:', e.is_set())
print('wait(0.1):', e.wait(0.1))

def f(name):
    e.wait()
    print(name, 'wakes')

ts = [Thread(target=f, args=(name,)) for name in 'ABC']
for t in ts:
    t.start()
sleep(0.1)
e.set()
for t in ts:
    t.join()
