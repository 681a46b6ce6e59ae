"""One process of hvac that stays alive, as an application of a user would: it reads ~/.vault-token when it starts,
looks that token up at an interval, and prints one JSON line per call, {"ok", "accessor", "last_renewal", "error"}.

With --reread it reads the file again before each call. Ends when stdin closes.
"""

import argparse
import json
import sys
import threading

import hvac


def main():
    options = parse()
    closed = threading.Event()
    threading.Thread(target=wait_for_end_of_input, args=(closed,), daemon=True).start()
    client = hvac.Client()
    while not closed.wait(options.interval_ms / 1000):
        client = hvac.Client() if options.reread else client
        print(json.dumps(call(client)), flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interval-ms", type=int, default=100)
    parser.add_argument("--reread", action="store_true")
    return parser.parse_args()


def wait_for_end_of_input(closed):
    sys.stdin.read()
    closed.set()


def call(client):
    try:
        found = client.auth.token.lookup_self()["data"]
        return {
            "ok": True,
            "accessor": found["accessor"],
            "last_renewal": found.get("last_renewal"),
            "error": None,
        }
    except Exception as problem:  # whatever it is, the test shall see it
        return {"ok": False, "accessor": None, "last_renewal": None, "error": f"{type(problem).__name__}: {problem}"}


main()
