"""Runs a command on a terminal of its own, and answers where it asks.

    terminal.py ANSWER COMMAND [ARGUMENT]...

Prints what the command wrote and ends as it did.
"""

import os
import pty
import sys

answer, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)

said, asked = b"", False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:  # Linux says so at the end.
        break
    if not part:
        break
    said += part
    if not asked and said.endswith(b"[y/N] "):
        asked = True
        os.write(terminal, answer.encode() + b"\n")

sys.stdout.buffer.write(said)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
