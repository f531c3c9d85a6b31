"""What the tests let a watched process do."""

import os
import time


def count(sender, number):
    for value in range(number):
        sender.send(value)


def sleep(sender):
    sender.send(os.getpid())
    time.sleep(60)


def take(sender, num_bytes):
    """All of it at once, and keep it."""
    taken = bytearray(b"\x01") * num_bytes
    sender.send(len(taken))
    time.sleep(60)


def crash(sender):
    sender.send("before")
    os.abort()


def write_something(sender):
    os.write(1, b"nobody reads this")
    sender.send("done")
