"""`authrisk doctor` names what is wrong and how to mend it, for every fault that it knows."""

import datetime as dt
import json
import shutil
import socket
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from authrisk.cli import main
from authrisk.event import LoginEvent
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing
from authrisk.models.bundle import pretrained_path
from authrisk.service.decision_chain import make_key, read_key
from authrisk.service.decision_log import DecisionLog
from authrisk.service.keys import Keys, write_keys
from authrisk.service.keys import make_key as make_caller_key


@pytest.fixture
def found(tmp_path, monkeypatch, capsys):
    """Runs the doctor with options: (exit code, findings by what was looked at)."""
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def run(*options):
        code = main(["doctor", "--json", "--port", str(port), *map(str, options)])
        lines = capsys.readouterr().out.splitlines()
        return code, {f["what"]: f for f in map(json.loads, lines)}

    return run


def test_a_fresh_installation_is_well(found):
    """Nothing is bad where nothing has been done yet, and nothing is made."""
    code, findings = found()
    assert code == 0
    assert {f["state"] for f in findings.values()} == {"good"}
    assert set(findings) >= {"bundle", "kernels", "history", "disk", "port"}
    assert main(["doctor", "--history", "none.sqlite", "--port", "1"]) == 0
    assert list(Path.cwd().iterdir()) == []


def test_a_damaged_bundle(found, tmp_path):
    """It is bad, with the file that is damaged."""
    copy = tmp_path / "bundle"
    shutil.copytree(pretrained_path("autoencoder"), copy)
    (copy / "scalers.json").write_bytes(b"{}")
    code, findings = found("--bundle", copy)
    assert code == 1
    assert findings["bundle"]["state"] == "bad"
    assert "scalers.json" in findings["bundle"]["told"]
    assert findings["bundle"]["remedy"]


def history(path, logins, **fields):
    store = SqliteStore(path)
    for n in range(logins):
        event = LoginEvent(event_id=f"e{n}", timestamp_ns=1_700_000_000_000_000_000 + n,
                           user_id=f"u{n}", **fields)  # fmt: skip
        store.append(event, Standing.FAMILIAR)
    return store


def test_a_damaged_history(found, tmp_path):
    """It is bad, and a backup is what helps."""
    history(tmp_path / "h.sqlite", 300).close()
    data = bytearray((tmp_path / "h.sqlite").read_bytes())
    data[8192:16384] = b"\xa5" * 8192
    (tmp_path / "h.sqlite").write_bytes(data)
    code, findings = found("--history", tmp_path / "h.sqlite")
    assert (code, findings["history"]["state"]) == (1, "bad")
    assert findings["history"]["remedy"]


def test_a_history_that_others_read_or_from_the_future(found, tmp_path):
    """Both are worth a look: permissions, and clocks."""
    path = tmp_path / "h.sqlite"
    store = history(path, 3)
    path.chmod(0o644)
    assert "chmod 600" in found("--history", path)[1]["history"]["remedy"]
    path.chmod(0o600)
    late = LoginEvent(event_id="late", timestamp_ns=time.time_ns() + 10**13, user_id="u")
    store.append(late, Standing.FAMILIAR)
    store.close()
    assert "in the future" in found("--history", path)[1]["history"]["told"]


def test_outcomes_that_nobody_tells(found, tmp_path):
    """With a hundred logins and no outcome the caller is told to report them."""
    path = tmp_path / "h.sqlite"
    store = history(path, 120)
    assert found("--history", path)[1]["outcomes"]["state"] == "look"
    store.resolve("e5", Standing.FAMILIAR, outcome="success")
    store.close()
    assert found("--history", path)[1]["outcomes"]["state"] == "good"


def test_a_folder_that_cannot_be_written(found, tmp_path):
    """A history in a folder that is not there is bad."""
    code, findings = found("--history", tmp_path / "nowhere" / "h.sqlite")
    assert (code, findings["history"]["state"]) == (1, "bad")


def test_a_port_that_is_taken(found):
    """It is worth a look: it may be the service itself."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        _, findings = found("--port", taken.getsockname()[1])
    assert findings["port"]["state"] == "look"


def test_keys_that_others_read_or_that_expire(found, tmp_path):
    """A file that others may read is bad; keys that have expired or soon will are named."""
    path, now = tmp_path / "keys.json", int(time.time())
    old, _ = make_caller_key("old", ("score",), now - 99, now - 9)
    soon, _ = make_caller_key("soon", ("score",), now, now + 86_400)
    write_keys(path, Keys((old, soon)))
    told = found("--keys", path)[1]["keys"]["told"]
    assert "old has expired" in told
    assert "soon expires" in told
    path.chmod(0o644)
    assert found("--keys", path)[0] == 1


def certificate(folder, name, days):
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=99))
        .not_valid_after(now + dt.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(pem))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(pem, form, plain))
    return paths


@pytest.mark.parametrize(("days", "state"), [(-1, "bad"), (5, "look"), (90, "good")])
def test_a_certificate_and_its_time(found, tmp_path, days, state):
    """Expired is bad, soon is worth a look."""
    cert, key = certificate(tmp_path, "a", days)
    assert found("--tls-cert", cert, "--tls-key", key)[1]["certificate"]["state"] == state


def test_a_certificate_with_the_key_of_another(found, tmp_path):
    """It is bad before the service starts with it."""
    cert, _ = certificate(tmp_path, "a", 90)
    _, key = certificate(tmp_path, "b", 90)
    finding = found("--tls-cert", cert, "--tls-key", key)[1]["certificate"]
    assert finding["state"] == "bad"
    assert "another certificate" in finding["told"]


def test_a_decision_log_that_was_changed(found, tmp_path):
    """It is bad, with the line."""
    make_key(tmp_path / "key")
    log = DecisionLog(tmp_path / "log", read_key(tmp_path / "key"))
    log.add({"kind": "assessment"})
    log.close()
    options = ("--decisions", tmp_path / "log", "--decisions-key", tmp_path / "key")
    assert found(*options)[1]["decisions"]["state"] == "good"
    (path,) = (tmp_path / "log").iterdir()
    path.write_bytes(path.read_bytes().replace(b"assessment", b"assessmenu"))
    assert found("--decisions", tmp_path / "log")[0] == 1
    code, findings = found(*options)
    assert code == 1
    assert "decisions-000001.ndjson:1" in findings["decisions"]["told"]
