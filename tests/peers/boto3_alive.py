"""One boto3 process that stays alive, as an application of a user would: it calls AWS through the default profile
at an interval and prints one JSON line per call, {"ok", "access_key_id", "error"}.

`access_key_id` is the one that signed the request on the wire. Ends after --calls calls, or when stdin closes.
"""

import argparse
import json
import re
import sys
import threading

import boto3


def main():
    options = parse()
    closed = threading.Event()
    threading.Thread(target=wait_for_end_of_input, args=(closed,), daemon=True).start()
    client = boto3.client(options.service)
    signer = Signer(client)
    operation = client.list_buckets if options.service == "s3" else client.get_caller_identity
    for _ in range(options.calls):
        print(json.dumps(call(operation, signer)), flush=True)
        if closed.wait(options.interval_ms / 1000):
            return


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", choices=["sts", "s3"], default="sts")
    parser.add_argument("--interval-ms", type=int, default=200)
    parser.add_argument("--calls", type=int, default=1_000_000)
    return parser.parse_args()


def wait_for_end_of_input(closed):
    sys.stdin.read()
    closed.set()


class Signer:
    """Notes which access key signed the last request."""

    def __init__(self, client):
        self.access_key_id = None
        client.meta.events.register("before-send", self.note)

    def note(self, request, **_):
        header = request.headers.get("Authorization", b"")
        text = header.decode() if isinstance(header, bytes) else header
        found = re.search(r"Credential=([^/]+)/", text)
        self.access_key_id = found and found.group(1)


def call(operation, signer):
    signer.access_key_id = None
    try:
        operation()
        error = None
    except Exception as problem:  # whatever it is, the test shall see it
        error = f"{type(problem).__name__}: {problem}"
    return {"ok": error is None, "access_key_id": signer.access_key_id, "error": error}


main()
