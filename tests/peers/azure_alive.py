"""One process of azure-identity that stays alive, as an application of a user would: it asks DefaultAzureCredential for
a token at an interval, lists the subscriptions with it, and prints one JSON line per call, {"ok", "access_token_id",
"error"}.

`access_token_id` is the beginning of the token's SHA-256. Ends when stdin closes.
"""

import argparse
import hashlib
import json
import sys
import threading

import requests
from azure.identity import DefaultAzureCredential

MANAGER = "https://management.azure.com"


def main():
    options = parse()
    closed = threading.Event()
    threading.Thread(target=wait_for_end_of_input, args=(closed,), daemon=True).start()
    credential = DefaultAzureCredential()
    while not closed.wait(options.interval_ms / 1000):
        print(json.dumps(call(credential)), flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interval-ms", type=int, default=100)
    return parser.parse_args()


def wait_for_end_of_input(closed):
    sys.stdin.read()
    closed.set()


def call(credential):
    try:
        token = credential.get_token(f"{MANAGER}/.default").token
        url = f"{MANAGER}/subscriptions?api-version=2022-12-01"
        listed = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        listed.raise_for_status()
        assert listed.json()["value"], "there is no subscription"
        return {"ok": True, "access_token_id": hashlib.sha256(token.encode()).hexdigest()[:12], "error": None}
    except Exception as problem:  # whatever it is, the test shall see it
        return {"ok": False, "access_token_id": None, "error": f"{type(problem).__name__}: {problem}"}


main()
