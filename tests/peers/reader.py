"""Reads a shared credentials file and a process document in a tight loop, with the parsers of botocore and of
Python, and reports whatever no reader should ever see: an empty or missing file, a missing part, parts of two
credentials together, a text that does not parse.

Prints "ready" when both are there and have been read, then one JSON line for each new kind of problem, {"problem"},
and when stdin closes a last one, {"reads", "access_keys", "problems"}.
"""

import argparse
import json
import pathlib
import sys
import threading
import time

from botocore.configloader import raw_config_parse


def main():
    options = parse()
    sources = [lambda: from_credentials(options.credentials, options.profile), lambda: from_document(options.document)]
    for source in sources:
        wait_until_there(source)
    closed = threading.Event()
    threading.Thread(target=wait_for_end_of_input, args=(closed,), daemon=True).start()
    seen = Seen()
    for source in sources:
        seen.read(source)
    print("ready", flush=True)
    while not closed.is_set():
        for source in sources:
            seen.read(source)
    seen.report()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--credentials", required=True, type=pathlib.Path)
    parser.add_argument("--profile", required=True)
    parser.add_argument("--document", required=True, type=pathlib.Path)
    return parser.parse_args()


def wait_until_there(source):
    """Before the first publish there is no file, or no profile in it, which is no fault."""
    while True:
        try:
            source()
            return
        except (FileNotFoundError, KeyError):
            time.sleep(0.01)


def wait_for_end_of_input(closed):
    sys.stdin.read()
    closed.set()


def from_credentials(path, profile):
    path.stat()  # botocore's parser has an error of its own for a missing file
    section = raw_config_parse(str(path))[profile]
    return tuple(section[key] for key in ("aws_access_key_id", "aws_secret_access_key", "aws_session_token"))


def from_document(path):
    document = json.loads(path.read_text())
    return tuple(document[key] for key in ("AccessKeyId", "SecretAccessKey", "SessionToken"))


class Seen:
    """Every value may occur with one set of partners only: a second one means that two credentials were mixed."""

    def __init__(self):
        self.reads = 0
        self.whole = {}
        self.keys = set()
        self.problems = {}

    def read(self, source):
        self.reads += 1
        try:
            credential = source()
        except Exception as problem:  # whatever it is, the test shall see it
            self.note(f"{type(problem).__name__}: {problem}")
            return
        self.keys.add(credential[0])
        if not all(credential):
            self.note("a part is empty")
        if any(self.whole.setdefault(part, credential) != credential for part in credential):
            self.note(f"the parts beside {credential[0]} belong to another credential")

    def note(self, problem):
        if problem not in self.problems:
            print(json.dumps({"problem": problem}), flush=True)
        self.problems[problem] = self.problems.get(problem, 0) + 1

    def report(self):
        summary = {"reads": self.reads, "access_keys": len(self.keys), "problems": self.problems}
        print(json.dumps(summary), flush=True)


main()
