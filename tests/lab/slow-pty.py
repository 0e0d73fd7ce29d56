#!/usr/bin/env python3
"""A terminal of a host behind a slow line: a command runs on it, and its output passes at so many bytes a second.

usage: slow-pty.py PTMX BYTES_A_SECOND CMD…
PTMX is the host's /dev/pts/ptmx as seen from here; CMD finds the new terminal's number in $SLOW_PTY.
"""
import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
import tty

TIOCSPTLCK, TIOCGPTN = 0x40045431, 0x80045430


def main():
    ptmx, rate, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    master = os.open(ptmx, os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
    number = struct.unpack("i", fcntl.ioctl(master, TIOCGPTN, struct.pack("i", 0)))[0]
    # Held open here, so that the line is not hung up before and between those who use it.
    line = os.open(f"{os.path.dirname(ptmx)}/{number}", os.O_RDWR | os.O_NOCTTY)
    before = termios.tcgetattr(0)
    tty.setraw(0)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, env={**os.environ, "SLOW_PTY": str(number)})
    try:
        code = pump(master, rate, child)
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)
    os.close(line)
    return code


def pump(master, rate, child):
    """A bucket of a tenth of a second is filled at the line's rate; what was said before the end still passes."""
    credit, last = 0.0, time.monotonic()
    while True:
        now = time.monotonic()
        credit, last = min(rate / 10, credit + (now - last) * rate), now
        readers = [0] + ([master] if credit >= 1 else [])
        ready, _, _ = select.select(readers, [], [], 0.01)
        if 0 in ready:
            typed = os.read(0, 64)
            if not typed:
                return 129
            os.write(master, typed)
        if master in ready:
            said = os.read(master, int(credit))
            credit -= len(said)
            os.write(1, said)
        elif credit >= 1 and child.poll() is not None:
            return child.returncode


if __name__ == "__main__":
    sys.exit(main())
