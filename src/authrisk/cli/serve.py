"""`authrisk serve`: live logins scored over HTTP."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import (
    ActionName,
    ServedBundleOption,
    StoreFailureName,
    TrustName,
)
from authrisk.cli.history_reading import DEFAULT, HistoryFile
from authrisk.errors import InputError

if TYPE_CHECKING:
    from authrisk.service.decision_log import DecisionLog
    from authrisk.service.server import Listen, Tls

LOGIN = (
    '{"userAgent": "Mozilla/5.0", "timestamp": 1589912560, '
    '"userID": "alice", "location": "212.78.83.12"}'
)


def run(
    bundle: ServedBundleOption = "supervised",
    history: HistoryFile = DEFAULT,
    bundle_key: Annotated[
        list[Path] | None,
        typer.Option(
            envvar="AUTHRISK_BUNDLE_KEY",
            help="Take only bundles signed with this key (`authrisk bundle keygen`).",
        ),
    ] = None,
    shadow: Annotated[
        str | None,
        typer.Option(
            envvar="AUTHRISK_SHADOW",
            help="A second bundle that scores the same logins, unseen (/v1/model/shadow).",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(envvar="AUTHRISK_HOST", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="AUTHRISK_PORT", min=1, max=65_535, help="Port.")
    ] = 5000,
    keys: Annotated[
        Path | None,
        typer.Option(envvar="AUTHRISK_KEYS", help="Ask callers for a key (`authrisk keys`)."),
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(envvar="AUTHRISK_TLS_CERT", help="Certificate chain, PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(envvar="AUTHRISK_TLS_KEY", help="Its private key, PEM.")
    ] = None,
    tls_client_ca: Annotated[
        Path | None,
        typer.Option(
            envvar="AUTHRISK_TLS_CLIENT_CA", help="Ask callers for a certificate of this authority."
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(
            envvar="AUTHRISK_DECISIONS", help="Folder of the decision log (`authrisk decisions`)."
        ),
    ] = None,
    decisions_key: Annotated[
        Path | None,
        typer.Option(envvar="AUTHRISK_DECISIONS_KEY", help="Its key; made where there is none."),
    ] = None,
    exposed: Annotated[
        bool,
        typer.Option(help="Allow a --host that other machines reach without keys, or without TLS!"),
    ] = False,
    trust: Annotated[
        TrustName,
        typer.Option(
            envvar="AUTHRISK_TRUST",
            help="Logins without a reported outcome are familiar below 0.5, or never.",
        ),
    ] = TrustName.LOW_RISK,
    on_store_failure: Annotated[
        StoreFailureName,
        typer.Option(
            envvar="AUTHRISK_ON_STORE_FAILURE",
            help="While history does not answer: ask for a second factor, let in, or deny.",
        ),
    ] = StoreFailureName.STEP_UP,
    medium_action: Annotated[
        ActionName,
        typer.Option(envvar="AUTHRISK_MEDIUM_ACTION", help="Recommended from 0.5 on."),
    ] = ActionName.CHALLENGE,
    high_action: Annotated[
        ActionName,
        typer.Option(envvar="AUTHRISK_HIGH_ACTION", help="Recommended from 0.75 on."),
    ] = ActionName.DENY,
    strict_ip: Annotated[
        bool,
        typer.Option(
            envvar="AUTHRISK_STRICT_IP",
            help="Refuse what is no IP address (422), instead of scoring it as an unknown place.",
        ),
    ] = False,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUTHRISK_ORIGIN",
            help="A web origin that may call it, e.g. https://admin.example. May be repeated.",
        ),
    ] = None,
    retention_days: Annotated[
        float,
        typer.Option(
            envvar="AUTHRISK_RETENTION_DAYS", min=1, help="Logins older than that are erased."
        ),
    ] = 180,
    mmdb: Annotated[
        list[Path] | None, typer.Option(help="Your own .mmdb, asked first. May be repeated.")
    ] = None,
) -> None:
    """Serve risk scores over HTTP.

    On http://127.0.0.1:5000 until Ctrl-C.
    Without options: the pretrained supervised bundle, and a history in the working directory.
    The interface is described at /docs, and in docs/service.md.

    \b
    Example:
      authrisk serve --bundle my-bundle --history /var/lib/authrisk/history.sqlite
    """
    from authrisk.enrich.enricher import Enricher
    from authrisk.enrich.geo import AddressTables
    from authrisk.enrich.user_agent import default_parser
    from authrisk.history.lock import only_writer
    from authrisk.history.sqlite import SqliteStore
    from authrisk.models.bundle import load_bundle, locate_bundle
    from authrisk.models.signature import read_public_key
    from authrisk.scorer import Scorer
    from authrisk.service.access import Access
    from authrisk.service.app import create_app
    from authrisk.service.keys import KeyRing
    from authrisk.service.server import Listen, is_loopback, serve
    from authrisk.service.settings import LOOPBACK_NAMES, Actions, ServiceSettings

    tls = _tls(tls_cert, tls_key, tls_client_ca)
    access = None if keys is None else Access(KeyRing(keys))
    listen = Listen(host=host, port=port, exposed=exposed, keys=keys is not None, tls=tls)
    require_free(host, port)
    trusted = [read_public_key(path) for path in bundle_key or ()]
    loaded = load_bundle(locate_bundle(bundle), trusted)
    second = None if shadow is None else load_bundle(locate_bundle(shadow), trusted)
    enricher = Enricher(AddressTables.load(mmdb or ()), default_parser())
    settings = ServiceSettings(
        hosts=LOOPBACK_NAMES if is_loopback(host) and not exposed else None,
        on_store_failure=on_store_failure.value,
        retention_days=retention_days,
        actions=Actions(medium=medium_action.value, high=high_action.value),
        strict_ip=strict_ip,
        origins=frozenset(origin or ()),
    )
    with (
        only_writer(history),
        closing(SqliteStore(history)) as store,
        _decision_log(decisions, decisions_key) as log,
    ):
        scorer = Scorer(
            loaded, store, trust="confirmed" if trust is TrustName.CONFIRMED else "low-risk"
        )
        application = create_app(
            scorer,
            enricher.enrich,
            settings,
            load_bundle=lambda: load_bundle(locate_bundle(bundle), trusted),
            access=access,
            decisions=log,
            shadow=second,
        )
        text = f"{loaded.name} {loaded.version}, history {history}"
        threading.Thread(target=announce, args=(listen, text), daemon=True).start()
        serve(application, listen)


def require_free(host: str, port: int) -> None:
    """Raise InputError when nobody can listen there: the port is taken, the host is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(
                f"cannot listen there: {error.strerror}",
                where=f"{host}:{port}",
                remedy="stop what listens there, or choose another --port",
            ) from None


@contextmanager
def _decision_log(folder: Path | None, key: Path | None) -> Iterator[DecisionLog | None]:
    from authrisk.history.lock import only_writer
    from authrisk.service.decision_chain import make_key, read_key
    from authrisk.service.decision_log import DecisionLog

    if folder is None or key is None:
        if folder is not key:
            raise InputError(
                "a decision log needs a folder and a key",
                remedy="--decisions, --decisions-key (outside the folder)",
            )
        yield None
        return
    if key.resolve().is_relative_to(folder.resolve()):
        raise InputError("lies in the folder that it guards", where=str(key))
    if not key.exists():
        make_key(key)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_writer(folder / "decisions"), closing(DecisionLog(folder, read_key(key))) as log:
        yield log


def _tls(certificate: Path | None, key: Path | None, client_ca: Path | None) -> Tls | None:
    from authrisk.service.server import Tls

    if certificate is None and key is None and client_ca is None:
        return None
    if certificate is None or key is None:
        raise InputError("TLS needs both a certificate and its key", remedy="--tls-cert, --tls-key")
    return Tls(certificate=certificate, key=key, client_ca=client_ca)


def announce(listen: Listen, text: str, patience_s: float = 60.0) -> None:
    """Say on stderr where the service is and how to try it, once it takes connections."""
    host, port = listen.host, listen.port
    end = time.monotonic() + patience_s
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - told, not bound
    while time.monotonic() < end:
        try:
            socket.create_connection((near, port), timeout=1.0).close()
        except OSError:
            time.sleep(0.02)
            continue
        scheme = "http" if listen.tls is None else "https"
        url = f"{scheme}://{f'[{near}]' if ':' in near else near}:{port}"
        shown = "-H 'Authorization: Bearer ark_...' " if listen.keys else ""
        sys.stderr.write(
            f"authrisk is ready on {url} ({text}; interface at {url}/docs). Try: "
            f"curl {url}/getAnomalyScore {shown}--data-raw '{LOGIN}'\n"
        )
        sys.stderr.flush()
        return
