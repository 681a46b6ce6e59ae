"""A person at a terminal of a shell: runs the program that the arguments name on a terminal of its own, and obeys one
JSON line of stdin after the other, each answered by a JSON line:

{"type": TEXT}       types it ("\\u0003" is Ctrl-C, "\\u001a" is Ctrl-Z)
{"until": REGEX}     waits until the screen shows it, and answers with what it has shown since the last match
{"job": true}        waits until a job of the shell has the terminal: bash says `fg` before it gives it away
{"close": true}      hangs up
"""

import json
import os
import pty
import re
import select
import signal
import sys
import time

LIMIT = 60


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        # A job in the background of a script ignores some, and hands that on; a login at a terminal does not.
        for name in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGHUP):
            signal.signal(name, signal.SIG_DFL)
        os.execvp(sys.argv[1], sys.argv[1:])
    screen = Screen(terminal)
    for line in sys.stdin:
        order = json.loads(line)
        if "type" in order:
            os.write(terminal, order["type"].encode())
            answer = {}
        elif "until" in order:
            answer = {"shown": screen.until(order["until"])}
        elif "job" in order:
            wait_for_job(terminal, pid)
            answer = {}
        else:
            os.close(terminal)
            answer = {}
        print(json.dumps(answer), flush=True)


def wait_for_job(terminal, shell):
    end = time.monotonic() + LIMIT
    while os.tcgetpgrp(terminal) == shell:
        if time.monotonic() > end:
            sys.exit("waited for a job that has the terminal")
        time.sleep(0.01)


class Screen:
    def __init__(self, terminal):
        self.terminal = terminal
        self.text = ""

    def until(self, pattern):
        end = time.monotonic() + LIMIT
        while not (found := re.search(pattern, self.text)):
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"waited for {pattern!r} in {self.text!r}")
            self.text += os.read(self.terminal, 4096).decode(errors="replace")
        shown, self.text = self.text[: found.end()], self.text[found.end() :]
        return shown


main()
