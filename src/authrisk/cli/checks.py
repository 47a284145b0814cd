"""What may be wrong with an installation: one function a thing that is looked at."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import stat
import time
from pathlib import Path
from typing import Literal, NamedTuple

from authrisk.cli.serve import require_free
from authrisk.errors import AuthriskError, InputError

State = Literal["good", "look", "bad"]
SCARCE_BYTES = 1 << 30
SOON_S = 30 * 86_400
NS = 1_000_000_000


class Finding(NamedTuple):
    """One thing that was looked at. `bad` keeps the service from working, `look` may soon."""

    what: str
    state: State
    told: str
    remedy: str = ""


def bundle_loads(name: str, keys: list[Path]) -> Finding:
    """The bundle is whole, signed where that is asked for, and scores as it did in training."""
    from authrisk.models.bundle import load_bundle, locate_bundle
    from authrisk.models.signature import read_public_key

    try:
        loaded = load_bundle(locate_bundle(name), [read_public_key(key) for key in keys])
    except AuthriskError as error:
        return _refused("bundle", error, "authrisk bundle verify; train it anew")
    if loaded.manifest.data.get("simulated") and name not in ("supervised", "autoencoder"):
        told = f"{loaded.name} {loaded.version} was trained on simulated logins"
        return Finding("bundle", "look", told, "authrisk train on your own events")
    return Finding("bundle", "good", f"{loaded.name} {loaded.version} verified")


def kernels_are_kept() -> Finding:
    """The compiled feature kernels can be kept, so that a start takes a second, not a minute."""
    from authrisk.features import kernel

    given = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(given) if given else Path(kernel.__file__).parent / "__pycache__"
    if os.access(folder, os.W_OK) or any(folder.glob("**/*.nbc")):
        return Finding("kernels", "good", f"compiled once, kept in {folder}")
    return Finding(
        "kernels", "look", f"{folder} cannot be written: every start compiles anew",
        "set NUMBA_CACHE_DIR to a folder that the service may write",
    )  # fmt: skip


def history_is_whole(path: Path) -> Finding:
    """Every page and login of the history can be read, by its owner alone."""
    from authrisk.history.examination import examine

    if not path.exists():
        if os.access(path.absolute().parent, os.W_OK):
            return Finding("history", "good", f"{path}: none yet, it will be made")
        return Finding("history", "bad", f"{path.absolute().parent} cannot be written",
                       "name a folder that is yours to write (--history)")  # fmt: skip
    try:
        found = examine(path)
    except AuthriskError as error:
        return _refused("history", error, "authrisk history restore from a backup")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("history", "look", f"{path} may be read by others", f"chmod 600 {path}")
    ahead_s = ((found.last_ns or 0) - time.time_ns()) / NS
    if ahead_s > 300:
        return Finding(
            "history", "look", f"its last login is stamped {ahead_s:,.0f} s in the future",
            "look at the clocks of this machine and of its callers (NTP)",
        )  # fmt: skip
    return Finding("history", "good", f"{path}: {found.logins:,} logins of {found.users:,} users")


def outcomes_are_told(path: Path) -> Finding | None:
    """Somebody tells what becomes of logins; None where there are too few to say."""
    import sqlite3

    if not path.exists():
        return None
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            lately = db.execute(
                "SELECT count(*), count(outcome) FROM "
                "(SELECT outcome FROM logins ORDER BY sequence DESC LIMIT 10000)"
            ).fetchone()
        finally:
            db.close()
    except sqlite3.Error:
        return None  # said by `history_is_whole`
    logins, told = lately
    if logins < 100:
        return None
    if not told:
        return Finding(
            "outcomes", "look", f"of the last {logins:,} logins none has a reported outcome",
            "call POST /v1/outcomes: else what is familiar rests on low scores alone",
        )  # fmt: skip
    return Finding("outcomes", "good", f"told for {told / logins:.0%} of the last {logins:,}")


def disk_has_room(path: Path) -> Finding:
    """The disk of the history is not nearly full."""
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    told = f"{free / 1e9:,.1f} GB free at {folder}"
    if free < SCARCE_BYTES:
        return Finding("disk", "look", told, "a full disk makes every answer degraded: make room")
    return Finding("disk", "good", told)


def port_is_free(host: str, port: int) -> Finding:
    """Nobody else listens where the service shall."""
    try:
        require_free(host, port)
    except InputError as error:
        return Finding("port", "look", f"{host}:{port}: {error.what}",
                       "well if that is authrisk itself; else choose another --port")  # fmt: skip
    return Finding("port", "good", f"{host}:{port} is free")


def keys_are_good(path: Path) -> Finding:
    """The file of keys can be used, and no key has expired or soon will."""
    from authrisk.service.keys import read_keys

    try:
        keys = read_keys(path).keys
    except AuthriskError as error:
        return _refused("keys", error, "authrisk keys create")
    now = time.time()
    if not keys:
        return Finding("keys", "bad", f"{path} holds no key", "authrisk keys create")
    over = [key.name for key in keys if not key.valid(now)]
    soon = [key.name for key in keys if key.valid(now) and not key.valid(now + SOON_S)]
    if over or soon:
        told = "; ".join(
            [*(f"{n} has expired" for n in over), *(f"{n} expires soon" for n in soon)]
        )
        return Finding("keys", "look", told, "authrisk keys rotate, or revoke")
    return Finding("keys", "good", f"{len(keys)} in {path}")


def certificate_is_good(certificate: Path, key: Path | None) -> Finding:
    """The certificate is valid for a while, and its private key is the one that is named."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = None
        if key is not None:
            private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        return Finding("certificate", "bad", f"cannot be read: {error}", "PEM files, --tls-cert")
    shown = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    public = found.public_key().public_bytes(*shown)
    if private is not None and private.public_key().public_bytes(*shown) != public:
        return Finding("certificate", "bad", f"{key} is the key of another certificate",
                       "name the key that the certificate was made with (--tls-key)")  # fmt: skip
    left = found.not_valid_after_utc - dt.datetime.now(dt.UTC)
    if left.total_seconds() < 0:
        return Finding("certificate", "bad", "has expired", "renew it, and restart the service")
    if left.total_seconds() < SOON_S:
        return Finding("certificate", "look", f"expires in {left.days} days", "renew it")
    return Finding("certificate", "good", f"valid for {left.days} days")


def decisions_hold(folder: Path | None, key: Path | None) -> Finding:
    """The decision log has a folder and a key, and is whole."""
    from authrisk.service.decision_chain import files_of, read_key, verify

    if folder is None or key is None:
        return Finding("decisions", "bad", "a log needs a folder and a key: serve will not start",
                       "give both --decisions and --decisions-key")  # fmt: skip
    if not files_of(folder):
        return Finding("decisions", "good", f"{folder}: none yet")
    try:
        at, broken = verify(folder, read_key(key))
    except AuthriskError as error:
        return _refused("decisions", error, "--decisions-key")
    if broken is not None:
        return Finding("decisions", "bad", f"broken at {broken.where}: {broken.what}",
                       "keep the folder as evidence, and name another one")  # fmt: skip
    return Finding("decisions", "good", f"{at.number:,} lines, whole")


def _refused(what: str, error: AuthriskError, remedy: str) -> Finding:
    told = error.what if error.where is None else f"{error.where}: {error.what}"
    return Finding(what, "bad", told, error.remedy or remedy)
