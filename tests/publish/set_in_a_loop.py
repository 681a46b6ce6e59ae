"""Sets keys in a shared file without a lock: reads all, opens it truncated, writes all.

It remembers what it has set, and every reading must still have it. Pauses stand for a scheduler that takes the
processor away at the worst moments. It ends when the second argument exists, and prints what was there last.
"""

import itertools
import os
import sys
import time

path, stop = sys.argv[1:]
known = {}


def read():
    with open(path, newline="") as file:
        return file.readlines()


def check(lines):
    found = {line.split(" ")[0]: line for line in lines if line.startswith("theirs_")}
    lost = [(line, found.get(name)) for name, line in known.items() if found.get(name) != line]
    if lost:
        sys.exit(f"LOST {len(lost)} keys, such as {lost[:3]}, in {len(lines)} lines")


def write(lines, turn):
    middle = len(lines) // 2
    with open(path, "w", newline="") as file:
        if turn % 7 == 0:
            time.sleep(0.0005 * (turn % 13))
        if turn % 29 == 0:
            time.sleep(0.05)
        file.write("".join(lines[:middle]))
        if turn % 5 == 0:
            file.flush()
            time.sleep(0.0003 * (turn % 11))
        file.write("".join(lines[middle:]))


print("ready", flush=True)
for turn in itertools.count():
    lines = read()
    check(lines)
    if os.path.exists(stop):
        print("".join(known.values()), end="")
        break
    name = f"theirs_{turn % 400}"
    known[name] = f"{name} = {turn}\n"
    places = [place for place, line in enumerate(lines) if line.startswith(name + " ")]
    if places:
        lines[places[0]] = known[name]
    else:
        lines.append(known[name])
    write(lines, turn)
    # The real command starts a Python process each time, which takes five times as long. Who comes back sooner than
    # our last look, on a busy machine, could read our file in place of his own.
    time.sleep(0.06 + 0.001 * (turn % 17))
