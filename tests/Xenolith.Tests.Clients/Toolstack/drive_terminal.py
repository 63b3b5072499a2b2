"""Runs a program in a terminal of its own, as pexpect does, shows what it writes, and ends when it ends or has written a text.

usage: drive_terminal.py TEXT PROGRAM [ARGUMENT ...]
"""
import os
import pty
import sys

text, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
while text.encode() not in seen:
    try:
        block = os.read(terminal, 4096)
    except OSError:
        block = b""
    if not block:
        sys.stdout.flush()
        sys.exit(f"it ended without writing {text!r}")
    seen += block
    sys.stdout.buffer.write(block)
sys.stdout.flush()
os.close(terminal)
_, status = os.waitpid(pid, 0)
