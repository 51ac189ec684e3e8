"""A worker that does what the question says: answers, hangs, dies, or turns deaf."""

import os
import sys
import time

from atttcli.process.worker import FRAME, read_frame

while (question := read_frame(sys.stdin.buffer)) is not None:
    if question == b"hang":
        time.sleep(60)
    if question == b"die":
        os._exit(9)
    answer = question[::-1]
    sys.stdout.buffer.write(FRAME.pack(len(answer)) + answer)
    sys.stdout.buffer.flush()
    if question == b"deaf":  # it answers, and reads nothing more
        time.sleep(60)
