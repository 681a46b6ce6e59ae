"""One google-auth process that stays alive, as an application of a user would: it finds Application Default
Credentials when it starts, lists projects at an interval, and prints one JSON line per call, {"ok", "token_id",
"error"}.

`token_id` names the bearer token on the wire as the sandbox's log does. Ends when stdin closes.
"""

import argparse
import hashlib
import json
import sys
import threading

import google.auth
from google.auth.transport.requests import AuthorizedSession


def main():
    options = parse()
    closed = threading.Event()
    threading.Thread(target=wait_for_end_of_input, args=(closed,), daemon=True).start()
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    # A client that asks again with a new token would hide the failed call that a test is looking for.
    session = AuthorizedSession(credentials, max_refresh_attempts=0)
    while not closed.wait(options.interval_ms / 1000):
        print(json.dumps(call(session, options.url)), flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--interval-ms", type=int, default=200)
    return parser.parse_args()


def wait_for_end_of_input(closed):
    sys.stdin.read()
    closed.set()


def call(session, url):
    try:
        response = session.get(f"{url}/v1/projects")
        bearer = response.request.headers["authorization"].removeprefix("Bearer ")
        token_id = hashlib.sha256(bearer.encode()).hexdigest()[:12]
        error = None if response.status_code == 200 else response.text
        return {"ok": error is None, "token_id": token_id, "error": error}
    except Exception as problem:  # whatever it is, the test shall see it
        return {"ok": False, "token_id": None, "error": f"{type(problem).__name__}: {problem}"}


main()
