"""Plays the person at a terminal: `dialogue.py SCRIPT PROGRAM [WORD…]`.

SCRIPT is a JSON list of [what to wait for, what to type]. Everything the program shows is printed; the exit code is its own.
"""

import json
import os
import pty
import sys


def main():
    script, command = json.loads(sys.argv[1]), sys.argv[2:]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    shown, seen = b"", 0
    for expected, answer in script:
        while expected.encode() not in shown[seen:]:
            piece = read(terminal)
            if not piece:
                sys.exit(f"never asked for {expected!r}: {shown.decode()!r}")
            shown += piece
        seen = len(shown)
        os.write(terminal, f"{answer}\n".encode())
    while piece := read(terminal):
        shown += piece
    print(shown.decode())
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux tells the end of a terminal so.
        return b""


main()
