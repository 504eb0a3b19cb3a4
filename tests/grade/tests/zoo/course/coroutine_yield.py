"""
coroutine_yield.py  生成器协程
"""
def mean():
    try:
        print('the function starts')
        total, count, value = 0, 0, None
        while True:
            number = yield value
            if number is None:
                return '%d numbers' % count
            total, count = total + number, count + 1
            value = total / count
    finally:
        print('released')

g = mean()
try:
    g.send(1.0)
except TypeError as e:
    print('error:', e)
print('send(None):', g.send(None))
for x in (10.0, 20.0, 60.0):
    print('send(%s): %s' % (x, g.send(x)))
for i in range(2):
    try:
        g.send(None)
    except StopIteration as e:
        print('StopIteration', e.value)
h = mean()
h.send(None)
h.close()
print('closed')
