"""TLS and mutual TLS over real sockets."""

import datetime as dt
import ipaddress
import socket
import ssl
import subprocess
import sys
import time

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROGRAM = [sys.executable, "-c", "from authrisk.cli import main; raise SystemExit(main())"]
PEM = serialization.Encoding.PEM


class Authority:
    """Signs certificates, written as PEM files."""

    def __init__(self, folder, name):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.path = folder / f"{name}.pem"
        made = self._signed(self.name, self.key, authority=True)
        self.path.write_bytes(made.public_bytes(PEM))

    def issue(self, name):
        """(certificate, key) of a party."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        paths = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        paths[0].write_bytes(self._signed(subject, key, authority=False).public_bytes(PEM))
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        paths[1].write_bytes(key.private_bytes(PEM, form, plain))
        return paths

    def _signed(self, subject, key, *, authority):
        now = dt.datetime.now(dt.UTC)
        local = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(local, critical=False)
            .sign(self.key, hashes.SHA256())
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(port, authority of the server, authority of the callers, a stranger's authority)."""
    folder = tmp_path_factory.mktemp("tls")
    servers, callers = Authority(folder, "servers"), Authority(folder, "callers")
    stranger = Authority(folder, "stranger")
    certificate, key = servers.issue("server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", callers.path]
    command = [*PROGRAM, "serve", "--port", str(port), *map(str, options)]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        yield port, servers, callers, stranger
        process.terminate()


def client(port, trusts, shows=None, **bounds):
    context = ssl.create_default_context(cafile=trusts.path)
    for name, value in bounds.items():
        setattr(context, name, value)
    if shows is not None:
        context.load_cert_chain(*shows)
    return httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context, timeout=10)


def test_a_known_caller_is_answered(world, login):
    """With a certificate of the named authority a login is scored, over TLS 1.2 and 1.3."""
    port, servers, callers, _ = world
    shows = callers.issue("caller")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with client(port, servers, shows, maximum_version=version) as http:
            assert http.post("/v1/assessments", json=login()).status_code == 200


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_anybody_else_gets_no_answer(world, login, who):
    """Without a certificate, or with one of another authority, the connection ends."""
    port, servers, _, stranger = world
    shows = stranger.issue("somebody") if who == "stranger" else None
    with client(port, servers, shows) as http, pytest.raises(httpx.HTTPError):
        http.post("/v1/assessments", json=login())


def test_old_versions_and_plain_http_get_no_answer(world, login):
    """TLS 1.1 is refused, and so is plain HTTP on the same port."""
    port, servers, callers, _ = world
    shows = callers.issue("old")
    with pytest.raises((httpx.HTTPError, ssl.SSLError, ValueError)):
        with pytest.warns(DeprecationWarning):
            old = client(port, servers, shows, minimum_version=ssl.TLSVersion.TLSv1,
                         maximum_version=ssl.TLSVersion.TLSv1_1)  # fmt: skip
        with old as http:
            http.post("/v1/assessments", json=login())
    with pytest.raises(httpx.HTTPError):
        httpx.post(f"http://127.0.0.1:{port}/v1/assessments", json=login(), timeout=10)
