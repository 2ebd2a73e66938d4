"""The rendered login, run for real: oauth2-proxy before a recorder, and a provider it asks."""

import http.client
import ipaddress
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conftest import Objects, Synth
from floe_constructs.login.login import Login
from login_example import spec
from postgres import free_port
from test_dist import BIN
from unprivileged import as_user, give

pytestmark = [pytest.mark.slow, pytest.mark.tools]

HOST = "dagster.example.com"
FROM_OUTSIDE = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST}
VALUES = {
    "login/id": "floe",
    "login/client": "client-hunter2",
    "login/cookie": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}
USERS = {
    "alice": {"email": "alice@example.com", "groups": ["data"]},
    "bob": {"email": "bob@example.com", "groups": ["sales"]},
    "mallory": {"email": "mallory@elsewhere.example", "groups": ["data"]},
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def location(self) -> str:
        return self.headers["Location"] or ""

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (cookie.partition(";")[0] for cookie in self.headers.get_all("Set-Cookie", []))
        return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


@dataclass
class Recorder:
    """An interface without a login, that keeps what it is asked."""

    port: int = 0
    requests: list[dict[str, str]] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Recorder"]:
        kept = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kept.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"what is behind the login")

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_port
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield self
            server.shutdown()


@dataclass(frozen=True)
class Provider:
    """A provider that takes users by name alone, with a certificate of an authority of its own."""

    port: int
    certificate: str

    @property
    def issuer(self) -> str:
        return f"https://localhost:{self.port}"

    def log_in(self, url: str, user: str) -> str:
        """Answer where the provider sends a browser that has come from the login."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == self.issuer
        context = ssl.create_default_context(cadata=self.certificate)
        body, form = urlencode({"sub": user}), "application/x-www-form-urlencoded"
        headers = {"Content-Type": form}
        with closing(http.client.HTTPSConnection("localhost", self.port, context=context)) as to:
            to.request("POST", f"{parts.path}?{parts.query}", body, headers)
            with to.getresponse() as answer:
                return str(answer.headers["Location"])


SERVE = """
import json, logging, sys
from oidc_provider_mock import User, app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
users = [User(sub=name, claims=claims) for name, claims in json.loads(sys.argv[1]).items()]
server = make_server(
    "localhost", 0, app(user_claims=users), threaded=True, ssl_context=tuple(sys.argv[2:])
)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def provider(folder: Path) -> Iterator[Provider]:
    certificate = _certificate(folder)
    command = [sys.executable, "-W", "ignore", "-c", SERVE, json.dumps(USERS)]
    files = [str(folder / "tls.pem"), str(folder / "tls.key")]
    with (
        (folder / "provider.log").open("wb") as log,
        subprocess.Popen([*command, *files], stdout=subprocess.PIPE, stderr=log) as process,
    ):
        assert process.stdout
        yield Provider(int(process.stdout.readline()), certificate)
        process.kill()


def _certificate(folder: Path) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    alternatives = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "tls.pem").write_bytes(pem)
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem.decode()


def environment(objects: Objects, folder: Path, port: int) -> dict[str, str]:
    """Answer what the container is told: Secrets resolved, files and port of this machine."""
    pod = objects["Deployment", "login-dagster"]["spec"]["template"]["spec"]
    (one,) = pod["containers"]
    (mount,) = one["volumeMounts"]
    for name, text in objects["ConfigMap", "login-dagster"]["data"].items():
        (folder / name).write_text(text)
        give(folder / name, pod["securityContext"]["runAsUser"])
    found = {}
    for variable in one["env"]:
        value = variable.get("value")
        if value is None:
            key = variable["valueFrom"]["secretKeyRef"]
            value = VALUES[f"{key['name']}/{key['key']}"]
        found[variable["name"]] = value.replace(mount["mountPath"], str(folder))
    own = f"0.0.0.0:{one['ports'][0]['containerPort']}"
    assert found["OAUTH2_PROXY_HTTP_ADDRESS"] == own
    return found | {"OAUTH2_PROXY_HTTP_ADDRESS": f"127.0.0.1:{port}"}


@dataclass(frozen=True)
class Proxy:
    port: int
    log: Path

    def ask(
        self,
        path: str,
        cookies: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        text = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        sent = FROM_OUTSIDE | (headers or {}) | ({"Cookie": text} if text else {})
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as to:
            to.request("GET", path, headers=sent)
            with to.getresponse() as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())


@dataclass(frozen=True)
class World:
    proxy: Proxy
    provider: Provider
    interface: Recorder

    def logged_in(self, user: str, path: str = "/") -> Answer:
        """Answer what the proxy says to a browser that comes back from the provider."""
        first = self.proxy.ask(path)
        back = urlsplit(self.provider.log_in(first.location, user))
        assert f"{back.scheme}://{back.netloc}{back.path}" == f"https://{HOST}/oauth2/callback"
        return self.proxy.ask(f"{back.path}?{back.query}", first.cookies)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with login_of(tmp_path_factory.mktemp("login")) as found:
        yield found


@contextmanager
def login_of(folder: Path) -> Iterator[World]:
    """Run the rendered login before a recorder, with files below a folder."""
    from cdk8s import App, Chart

    folder.chmod(0o755)
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o111)
    with provider(folder) as known, Recorder().running() as interface:
        login = spec(
            issuer=known.issuer,
            authority=known.certificate,
            upstream=f"http://127.0.0.1:{interface.port}",
            scopes=("openid", "email", "profile"),
            groups=("data",),
            trusted=("127.0.0.0/8",),
        )
        chart = Chart(App(outdir=str(folder)), "test", namespace="data")
        Login(chart, "login", login)
        objects = {(o["kind"], o["metadata"]["name"]): o for o in chart.to_json()}
        port, log = free_port(), folder / "log"
        env = environment(objects, folder, port)
        user = objects["Deployment", "login-dagster"]["spec"]["template"]["spec"]
        command = as_user(user["securityContext"]["runAsUser"], [str(BIN / "oauth2-proxy")])
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=env, stdout=output, stderr=output, cwd="/")
        try:
            proxy = Proxy(port, log)
            _wait(proxy, process)
            yield World(proxy, known, interface)
        finally:
            process.kill()
            process.wait(10)


def _wait(proxy: Proxy, process: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert process.poll() is None, proxy.log.read_text()
        try:
            proxy.ask("/ping")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(proxy.log.read_text())


def test_the_kubelet_is_answered_without_a_login(synth: Synth, world: World) -> None:
    (one,) = synth(lambda chart: Login(chart, "login", spec()))["Deployment", "login-dagster"][
        "spec"
    ]["template"]["spec"]["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert world.proxy.ask(one[probe]["httpGet"]["path"]).status == 200


def test_who_has_not_logged_in_is_sent_to_the_provider(world: World) -> None:
    before = len(world.interface.requests)
    answer = world.proxy.ask("/runs?limit=5")
    assert (answer.status, len(world.interface.requests)) == (302, before)
    url = urlsplit(answer.location)
    assert f"{url.scheme}://{url.netloc}" == world.provider.issuer
    query = parse_qs(url.query)
    assert query["redirect_uri"] == [f"https://{HOST}/oauth2/callback"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["openid email profile"]


def test_what_a_page_asks_in_the_background_begins_no_login(world: World) -> None:
    for path in ("/graphql", "/api/traces", "/api/v1/namespaces"):
        answer = world.proxy.ask(path)
        assert (answer.status, answer.cookies) == (401, {})


def test_who_has_logged_in_gets_through_and_back_to_where_he_was(world: World) -> None:
    answer = world.logged_in("alice", "/runs?limit=5")
    assert (answer.status, answer.location) == (302, "/runs?limit=5")
    page = world.proxy.ask("/runs?limit=5", answer.cookies)
    assert (page.status, page.body) == (200, "what is behind the login")
    assert world.interface.requests[-1]["path"] == "/runs?limit=5"


def test_a_session_is_one_small_cookie_of_this_host_alone(world: World) -> None:
    cookies = world.logged_in("alice").headers.get_all("Set-Cookie", [])
    (session,) = [cookie for cookie in cookies if not cookie.partition("=")[0].endswith("_csrf")]
    attributes = {part.strip().partition("=")[0] for part in session.split(";")[1:]}
    assert session.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite", "Path"} <= attributes
    assert "Domain" not in attributes
    assert len(session) < 1000


def test_the_interface_learns_who_it_is_and_gets_no_token(world: World) -> None:
    session = world.logged_in("alice").cookies
    forged = {"X-Forwarded-Email": "root@example.com", "X-Forwarded-User": "root"}
    world.proxy.ask("/", session, forged)
    seen = world.interface.requests[-1]
    assert seen["x-forwarded-email"] == "alice@example.com"
    assert "root" not in json.dumps(seen)
    assert not {"authorization", "x-forwarded-access-token", "x-auth-request-access-token"} & set(
        seen
    )


@pytest.mark.parametrize("user", ["bob", "mallory"])
def test_another_group_or_another_domain_does_not_get_through(world: World, user: str) -> None:
    before = len(world.interface.requests)
    answer = world.logged_in(user)
    session = {name: value for name, value in answer.cookies.items() if "csrf" not in name}
    assert answer.status == 403
    assert world.proxy.ask("/", session).status in {302, 403}
    assert len(world.interface.requests) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Email": "alice@example.com", "X-Forwarded-User": "alice"},
        {"Authorization": "Bearer abc"},
        {"User-Agent": "GoogleHC/1.0"},
        {"X-Forwarded-Uri": "/ping"},
        {"Cookie": "__Host-oauth2_proxy=abc"},
    ],
    ids=["claims", "token", "health check", "other path", "cookie"],
)
def test_nothing_that_a_client_claims_takes_the_place_of_a_login(
    world: World, headers: dict[str, str]
) -> None:
    before = len(world.interface.requests)
    assert world.proxy.ask("/", headers=headers).status in {302, 401, 403}
    assert len(world.interface.requests) == before


@pytest.mark.requirement("FR-008")
def test_no_secret_is_in_the_log(world: World) -> None:
    world.logged_in("alice")
    log = world.proxy.log.read_text()
    assert log
    assert not [value for name, value in VALUES.items() if name != "login/id" and value in log]
