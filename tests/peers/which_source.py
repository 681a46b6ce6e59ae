"""Which credential an unmodified client library takes, case by case.

Prints {"port"} of a loopback server that plays what the libraries ask (STS, the endpoint for containers, instance
metadata) and answers each in its own way. Then, for each line {"family", "environment"} of stdin, one line:
{"method", "key"} as the library has it, or {"error"}. Each case runs in a process of its own that has these environment
variables and no others.
"""

import base64
import http.server
import json
import logging
import os
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def main():
    families = {
        "botocore": botocore_source, "google": google_source, "azure": azure_source, "hvac": hvac_source,
    }
    logging.disable()
    hello = {}
    for name in sys.argv[1:]:
        hello.update(families[name](None) or {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    globals()["SERVER"] = f"http://127.0.0.1:{server.server_port}"
    print(json.dumps({"port": server.server_port, **hello}), flush=True)
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
        os.chdir(environment["HOME"])
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


LOADER = SERVER = KEY = None


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


def google_source(environment):
    import google.auth
    import google.auth.transport.requests
    import google.oauth2.credentials
    import google.oauth2.service_account

    if environment is None:
        import google.auth.external_account
        assert "google.auth.compute_engine" not in sys.modules, "it reads the environment when it is loaded"
        return {"key": private_key()}
    credentials, _ = google.auth.default()
    kind = type(credentials).__module__
    kinds = {
        "google.oauth2.credentials": ("authorized_user", "client_id"),
        "google.oauth2.service_account": ("service_account", "service_account_email"),
        "google.auth.impersonated_credentials": ("impersonated_service_account", "_target_principal"),
        "google.auth.external_account_authorized_user": ("external_account_authorized_user", "client_id"),
        "google.oauth2.gdch_credentials": ("gdch_service_account", "_service_identity_name"),
    }
    if kind == "google.auth.compute_engine.credentials":
        credentials.refresh(google.auth.transport.requests.Request())
        return {"method": "metadata", "key": credentials.token}
    if kind in kinds:
        method, name = kinds[kind]
        return {"method": method, "key": getattr(credentials, name)}
    return {"method": "external_account", "key": credentials.info["audience"]}


def azure_source(environment):
    import azure.identity
    from azure.core.pipeline.transport import RequestsTransport

    if environment is None:
        return {"key": private_key(), "certificate": certificate()}

    class Redirected(RequestsTransport):
        """Every host of Azure's is this server; that of virtual machines is not there."""

        def send(self, request, **kwargs):
            from azure.core.exceptions import ServiceRequestError

            if "169.254.169.254" in request.url:
                raise ServiceRequestError("this is no virtual machine")
            scheme, rest = request.url.split("://", 1)
            if not rest.startswith("127.0.0.1"):
                request.url = f"{SERVER}/{rest}"
            return super().send(request, **kwargs)

    # No host of these cases is one that Microsoft vouches for.
    options = {"disable_instance_discovery": True, "retry_total": 0}
    credential = azure.identity.DefaultAzureCredential(transport=Redirected(), **options)
    token = credential.get_token("https://management.azure.com/.default")
    return {"method": type(credential._successful_credential).__name__, "key": token.token}


def hvac_source(environment):
    import hvac

    return None if environment is None else {"method": "token", "key": hvac.Client().token}


def private_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    globals()["KEY"] = rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return KEY.private_bytes(serialization.Encoding.PEM, *form).decode()


def certificate():
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dev")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


class Answers(http.server.BaseHTTPRequestHandler):
    """Every answer says who asked, and for what."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        if "Action" not in form:
            return self.entra(form)
        action = form["Action"][0]
        if action == "AssumeRole":
            caller = self.headers["Authorization"].split("Credential=")[1].split("/")[0]
            key = form["RoleArn"][0].split("/")[-1] + "~" + caller
        else:
            key = "web~" + form["WebIdentityToken"][0]
        self.answer("text/xml", STS.format(action=action, key=key))

    def entra(self, form):
        if "client_assertion" in form:
            assertion = form["client_assertion"][0]
            key = "certificate" if "x5t" in header_of(assertion) else "assertion~" + assertion
        else:
            key = (form.get("client_secret") or form.get("password") or ["no proof"])[0]
        if "resource" in form:
            key = "managed~" + self.path.split("?")[0].split("/")[1]
        self.token(key, id_token=f"{PART}.{PART}.{PART}", client_info=PART)

    def token(self, key, **more):
        answer = {**more, "access_token": key, "expires_in": 3600, "expires_on": "4070908800", "token_type": "Bearer",
                  "resource": "https://management.azure.com"}
        self.answer("application/json", json.dumps(answer))

    def do_PUT(self):
        self.answer("text/plain", "metadata-token")

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path.endswith("openid-configuration"):
            authority = "https://" + path.split("/v2.0/")[0].lstrip("/") + "/oauth2/v2.0/"
            return self.answer("application/json", json.dumps({
                "authorization_endpoint": authority + "authorize", "token_endpoint": authority + "token",
                "issuer": "https://" + path.split("/v2.0/")[0].lstrip("/") + "/v2.0",
            }))
        if "/userrealm/" in path:
            return self.answer("application/json", json.dumps({"account_type": "Managed"}))
        if "resource=" in query:
            return self.token("managed~" + path.split("/")[1])
        if path.startswith("/computeMetadata/") or path == "/":
            return self.compute_metadata(path)
        if path.endswith("/iam/security-credentials/"):
            return self.answer("text/plain", "instance-role")
        # /container/KEY, or /KEY/latest/meta-data/iam/security-credentials/instance-role
        key = path.split("/")[2] if path.startswith("/container/") else path.split("/")[1]
        self.answer("application/json", json.dumps({
            "Code": "Success", "AccessKeyId": key, "SecretAccessKey": "secret", "Token": "token",
            "Expiration": "2099-01-01T00:00:00Z",
        }))

    def compute_metadata(self, path):
        if path.endswith("/token"):
            return self.token(self.headers["Host"])
        if path.endswith("/project-id"):
            return self.answer("text/plain", "acme-dev")
        self.answer("application/json", json.dumps({"email": "dev@acme", "scopes": [], "aliases": ["default"]}))

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def header_of(jwt):
    part = jwt.split(".")[0]
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}


# A person's claims, and who they are in which tenant, as Entra adds them for people.
PART = base64.urlsafe_b64encode(json.dumps({
    "aud": "11111111-2222-4333-8444-555555555555", "iss": "https://login.microsoftonline.com/tenant/v2.0", "sub": "dev",
    "oid": "dev", "tid": "tenant", "uid": "dev", "utid": "tenant", "preferred_username": "dev@acme.example",
    "exp": 4070908800, "iat": 1,
}).encode()).decode().rstrip("=")

STS = """<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"""

if __name__ == "__main__":
    main()
