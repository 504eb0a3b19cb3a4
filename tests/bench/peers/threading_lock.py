"""CPython's threading.Lock and Event: one line of figures, in nanoseconds, for each name asked for."""
import sys, threading, time

now = time.perf_counter_ns


def contended(threads, count):
    lock = threading.Lock()
    start = threading.Barrier(threads + 1)

    def work(acquire=lock.acquire, release=lock.release):
        start.wait()
        for _ in range(count):
            acquire()
            release()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    begin = now()
    for worker in workers:
        worker.join()
    return (now() - begin) / (threads * count)


def wake(count):
    event, woken, took = threading.Event(), threading.Semaphore(0), []

    def wait():
        for _ in range(count):
            event.wait()
            took.append(now() - begin)
            event.clear()
            woken.release()

    worker = threading.Thread(target=wait)
    worker.start()
    for _ in range(count):
        time.sleep(0.0003)  # by then it sleeps
        begin = now()
        event.set()
        woken.acquire()
    worker.join()
    return sorted(took)[len(took) // 2]


for name in sys.argv[1:]:
    print(wake(300) if name == "wake" else contended(int(name), 200_000))
