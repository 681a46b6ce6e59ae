"""Which credential an unmodified client library takes, case by case.

Prints {"port"} of a loopback server that plays what the libraries ask (STS, the endpoint for containers, instance
metadata) and answers each in its own way. Then, for each line {"family", "environment"} of stdin, one line:
{"method", "key"} as the library has it, or {"error"}. Each case runs in a process of its own that has these environment
variables and no others.
"""

import http.server
import json
import os
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def main():
    families = {"botocore": botocore_source}
    for name in sys.argv[1:]:
        families[name](None)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    for line in sys.stdin:
        case = json.loads(line)
        print(json.dumps(in_a_process(families[case["family"]], case["environment"])), flush=True)


def in_a_process(find, environment):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.environ.clear()
        os.environ.update(environment)
        try:
            found = find(environment)
        except BaseException as error:  # what a library raises is its answer
            found = {"error": f"{type(error).__name__}: {error}"}
        with os.fdopen(writer, "w") as pipe:
            json.dump(found, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        found = json.load(pipe)
    os.waitpid(child, 0)
    return found


LOADER = None


def botocore_source(environment):
    import boto3
    import botocore.exceptions
    import botocore.session

    core = botocore.session.Session()
    # The descriptions of the services, which take longest to read, are the same for all.
    core.register_component("data_loader", LOADER or core.get_component("data_loader"))
    session = boto3.Session(botocore_session=core)
    if environment is None:
        globals()["LOADER"] = core.get_component("data_loader")
        session.client("sts", region_name="us-east-1")
        return None
    try:
        session.client("sts")
        credentials = session.get_credentials()
    except botocore.exceptions.MissingDependencyException:
        # `login_session` was chosen; the library that it takes is not installed.
        return {"method": "login", "key": None}
    if credentials is None:
        return {"method": None, "key": None}
    try:
        return {"method": credentials.method, "key": credentials.get_frozen_credentials().access_key}
    except botocore.exceptions.SSOTokenLoadError:
        # Nobody has signed on here.
        return {"method": credentials.method, "key": None, "sso": True}


class Answers(http.server.BaseHTTPRequestHandler):
    """Every answer says who asked, and for what."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        action = form["Action"][0]
        if action == "AssumeRole":
            caller = self.headers["Authorization"].split("Credential=")[1].split("/")[0]
            key = form["RoleArn"][0].split("/")[-1] + "~" + caller
        else:
            key = "web~" + form["WebIdentityToken"][0]
        self.answer("text/xml", STS.format(action=action, key=key))

    def do_PUT(self):
        self.answer("text/plain", "metadata-token")

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.endswith("/iam/security-credentials/"):
            return self.answer("text/plain", "instance-role")
        # /container/KEY, or /KEY/latest/meta-data/iam/security-credentials/instance-role
        key = path.split("/")[2] if path.startswith("/container/") else path.split("/")[1]
        self.answer("application/json", json.dumps({
            "Code": "Success", "AccessKeyId": key, "SecretAccessKey": "secret", "Token": "token",
            "Expiration": "2099-01-01T00:00:00Z",
        }))

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


STS = """<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"""

if __name__ == "__main__":
    main()
