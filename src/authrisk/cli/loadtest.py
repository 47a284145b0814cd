"""`authrisk loadtest`: how fast an installation answers."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.terminal import report
from authrisk.errors import InputError

if TYPE_CHECKING:
    from authrisk.cli.open_loop import Load, Target

USERS = 200
MARK = "authrisk-loadtest-"
"""What the made-up user ids begin with."""
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def run(
    url: Annotated[str, typer.Argument(help="Of the service.")] = "http://127.0.0.1:5000",
    rate: Annotated[float, typer.Option(min=0.1, help="Logins a second.")] = 100.0,
    seconds: Annotated[float, typer.Option(min=1.0, help="For how long.")] = 30.0,
    key: Annotated[
        str | None,
        typer.Option(envvar="AUTHRISK_KEY", help="With scope score; and admin, to erase."),
    ] = None,
    keep: Annotated[bool, typer.Option(help="Do not erase the made-up users afterwards.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Measure how fast a service answers.

    Requests are due at random times at the given rate, and wait for no answer (an open loop).
    Latency counts from when a request was due. The users are made up (their ids begin with
    authrisk-loadtest-) and erased afterwards. They count in the population of the installation:
    measure on a copy where that matters. Exit code 1 where a request failed.

    \b
    Example:
      authrisk loadtest http://127.0.0.1:5000 --rate 200 --seconds 60
    """
    from authrisk.cli.open_loop import Target, load

    base = url.rstrip("/")
    found = asyncio.run(
        load(Target.of(f"{base}/v1/assessments", key), _bodies(time.time()), rate, seconds)
    )
    erased = None if keep else asyncio.run(_erase(Target.of(f"{base}/v1/users/", key)))
    if not found.latencies:
        raise InputError(
            "no request was answered", where=url, remedy="is the service running there?"
        )
    shown = _shown(found)
    sys.stdout.write(json.dumps(shown) + "\n" if as_json else _table(shown))
    if erased is not None and erased < USERS:
        report(f"{USERS - erased} of {USERS} made-up users could not be erased (their ids begin "
               f"with {MARK}): the key needs the scope admin")  # fmt: skip
    if found.errors:
        raise typer.Exit(1)


def _bodies(now_s: float) -> Iterator[bytes]:
    n = 0
    while True:
        user = n % USERS
        yield json.dumps(
            {
                "userID": f"{MARK}{user}",
                "timestamp": int(now_s * 1000) + n,
                "location": f"198.51.100.{user % 250 + 1}",
                "userAgent": AGENT,
            }
        ).encode()
        n += 1


async def _erase(target: Target) -> int:
    """How many of the made-up users are gone afterwards."""
    gone = 0
    for n in range(USERS):
        try:
            reader, writer = await asyncio.open_connection(target.host, target.port, ssl=target.tls)
        except OSError:
            return gone
        lines = [
            f"DELETE {target.path}{MARK}{n} HTTP/1.1", f"Host: {target.host}:{target.port}",
            *(f"{name}: {value}" for name, value in target.headers), "Connection: close",
        ]  # fmt: skip
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        status = await reader.readline()
        writer.close()
        gone += status.split()[1:2] == [b"200"]
    return gone


def _shown(found: Load) -> dict[str, float | int]:
    return {
        "rate": found.rate,
        "answered": len(found.latencies),
        "errors": found.errors,
        "degraded": found.degraded,
        **{f"p{100 * q:g}_ms": round(found.quantile(q) * 1e3, 3) for q in (0.5, 0.9, 0.99, 0.999)},
        "max_ms": round(max(found.latencies, default=float("nan")) * 1e3, 3),
        "sent_late": found.late,
        "own_processor_share": round(found.processor_s / max(found.seconds, 1e-9), 3),
    }


def _table(shown: dict[str, float | int]) -> str:
    return "".join(f"{name:>20}  {value:g}\n" for name, value in shown.items())
