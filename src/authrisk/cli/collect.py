"""`authrisk collect`: logins that arrive over syslog and HTTP, scored as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from authrisk.cli.arguments import ServedBundleOption, TrustName, TrustOption
from authrisk.cli.event_writing import Vocabulary
from authrisk.cli.history_reading import DEFAULT, HistoryFile
from authrisk.errors import InputError

Addresses = list[str] | None


def run(
    udp: Annotated[
        Addresses, typer.Option("--syslog-udp", metavar="HOST:PORT", help="Listen for datagrams.")
    ] = None,
    tcp: Annotated[
        Addresses, typer.Option("--syslog-tcp", metavar="HOST:PORT", help="Listen for streams.")
    ] = None,
    tls: Annotated[
        Addresses, typer.Option("--syslog-tls", metavar="HOST:PORT", help="The same, encrypted.")
    ] = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Take POSTs of log lines.")
    ] = None,
    serve: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Answer score requests too, from the same history."),
    ] = None,
    format: Annotated[
        str, typer.Option(help="As of `parse`: a name, several, a .toml, or auto for syslog.")
    ] = "auto",
    http_format: Annotated[
        str | None, typer.Option(help="Of --http. Default: what claims the lines of each POST.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Zone of stamps that name none.")] = "UTC",
    bundle: ServedBundleOption = "supervised",
    history: HistoryFile = DEFAULT,
    trust: TrustOption = TrustName.LOW_RISK,
    threshold: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Alert from this riskScore on.")
    ] = 0.8,
    alerts: Annotated[
        str, typer.Option(help="Append alerts to this NDJSON file; - is stdout.")
    ] = "-",
    alert_names: Annotated[
        Vocabulary, typer.Option(help="canonical, or ecs documents of kind alert.")
    ] = Vocabulary.CANONICAL,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="POST each alert there as well.")
    ] = None,
    users: Annotated[
        Path | None, typer.Option(help="A .toml that brings user ids together, as of `parse`.")
    ] = None,
    mmdb: Annotated[
        list[Path] | None, typer.Option(help="Your own .mmdb, asked first. May be repeated.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM chain of --syslog-tls.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM key of --syslog-tls.")] = None,
    client_ca: Annotated[
        Path | None, typer.Option(help="Ask TLS senders for a certificate of this authority.")
    ] = None,
    http_key: Annotated[
        Path | None, typer.Option(help="File with the key that --http asks for.")
    ] = None,
    exposed: Annotated[
        bool, typer.Option(help="Allow addresses that other machines reach. See docs/logs.md.")
    ] = False,
) -> None:
    """Score logins as servers write them.

    Each login is scored by what came before it, remembered as observed, and told as an alert when
    it is risky. Until Ctrl-C; what has arrived by then is dealt with first. One process writes to
    a history: with --serve this one also answers the HTTP interface of `authrisk serve`.

    \b
    Example:
      authrisk collect --syslog-udp 127.0.0.1:5514 --serve 127.0.0.1:5000 --alerts alerts.ndjson
    """
    import asyncio

    from authrisk.cli.collecting import Collecting, collect_logins
    from authrisk.logs.choice import choose_formats
    from authrisk.logs.timestamps import zone_of

    zone_of(timezone)
    if not (udp or tcp or tls or http):
        raise InputError(
            "nothing to listen for", remedy="give --syslog-udp, --syslog-tcp or --http"
        )
    if tls and (certificate is None or key is None):
        raise InputError("--syslog-tls needs a --certificate and a --key")
    if alert_names is Vocabulary.OCSF:
        raise InputError("alerts have canonical names, or those of ECS", where="--alert-names")
    if http and exposed and http_key is None:
        raise InputError("an exposed --http needs an --http-key", where=http)
    asyncio.run(
        collect_logins(
            Collecting(
                udp=[address_of(text, exposed) for text in udp or ()],
                tcp=[address_of(text, exposed) for text in tcp or ()],
                tls=[address_of(text, exposed) for text in tls or ()],
                http=None if http is None else address_of(http, exposed),
                serve=None if serve is None else address_of(serve, exposed),
                choice=choose_formats(format),
                http_choice=choose_formats(http_format),
                timezone=timezone,
                bundle=bundle,
                history=history,
                trust="confirmed" if trust is TrustName.CONFIRMED else "low-risk",
                threshold=threshold,
                alerts=alerts,
                ecs=alert_names is Vocabulary.ECS,
                webhook=webhook,
                users=users,
                mmdb=mmdb or (),
                certificate=certificate,
                key=key,
                client_ca=client_ca,
                http_key=None if http_key is None else key_of(http_key),
                exposed=exposed,
            )
        )
    )


def address_of(text: str, exposed: bool) -> tuple[str, int]:
    """Host and port; raises InputError for what is none, or what other machines would reach.

    >>> address_of("[::1]:514", False)
    ('::1', 514)
    """
    from authrisk.service.server import is_loopback

    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise InputError("is no HOST:PORT", where=text, remedy="such as 127.0.0.1:5514")
    if not (exposed or is_loopback(host)):
        raise InputError(
            "is reached from other machines",
            where=text,
            remedy="listen on 127.0.0.1, or say --exposed and read docs/logs.md",
        )
    return host, int(port)


def key_of(path: Path) -> str:
    """The key in a file; raises InputError when it is too short to be one."""
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    if len(text) < 16 or not text.isascii() or not text.isprintable() or " " in text:
        raise InputError("holds no key", where=str(path), remedy="16 or more characters, no blank")
    return text
