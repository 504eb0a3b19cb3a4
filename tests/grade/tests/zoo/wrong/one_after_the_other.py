# gevent_test with an ordinary sleep, which gevent does not know: no task gives way.
import time

def foo(a, b):
    print('Running foo', a, b)
    time.sleep(0.1)
    print('Running foo again')

def bar():
    print('Running bar')
    time.sleep(0.1)
    print('Running bar again')

foo(1, 2)
bar()
