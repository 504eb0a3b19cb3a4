# It says that it listens, and ends.
echo "listening on 127.0.0.1:$PORT"
