"""Syslog over real sockets: datagrams, streams, TLS."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from tests.collect.conftest import LOGIN, until

from authrisk.collect import inbox as inbox_module
from authrisk.collect import syslog as syslog_module
from authrisk.collect.inbox import Inbox, line_of
from authrisk.collect.syslog import (
    LONGEST_MESSAGE,
    Address,
    listening_tcp,
    listening_udp,
    tls_context,
)
from authrisk.errors import InputError
from authrisk.event import LoginEvent
from authrisk.logs.choice import choose_formats
from authrisk.testing.parser import SETTINGS

HERE = Address("127.0.0.1", 0)


def counted(text: str) -> bytes:
    data = text.encode()
    return b"%d %b" % (len(data), data)


def test_datagrams(inbox: Inbox, events: list[LoginEvent]) -> None:
    """Each is a message; one that is sent twice is one event with one id."""

    async def run() -> None:
        async with listening_udp(HERE, inbox) as address:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for n in (1, 2, 2):
                    sender.sendto(LOGIN.format(n, n, f"u{n}").encode() + b"\n", address)
            await until(lambda: len(events) == 3)

    asyncio.run(run())
    assert [event.user_id for event in events] == ["u1", "u2", "u2"]
    assert len({event.event_id for event in events}) == 2


def test_streams_of_both_framings(inbox: Inbox, events: list[LoginEvent]) -> None:
    """Counted and line-wise messages, cut anywhere, from several senders at once."""

    async def send(address: Address, data: bytes) -> None:
        _, writer = await asyncio.open_connection(*address)
        for start in range(0, len(data), 37):
            writer.write(data[start : start + 37])
            await writer.drain()
        writer.close()

    async def run() -> None:
        async with listening_tcp(HERE, inbox) as address:
            lines = "".join(LOGIN.format(n, n, f"a{n}") + "\n" for n in range(20)).encode()
            octets = b"".join(counted(LOGIN.format(n, n, f"b{n}")) for n in range(20))
            await asyncio.gather(send(address, lines), send(address, octets + lines[:-1]))
            await until(lambda: len(events) == 60)

    asyncio.run(run())
    assert {event.user_id for event in events} == {f"{c}{n}" for c in "ab" for n in range(20)}


def test_hostile_streams_harm_nobody_else(inbox: Inbox, events: list[LoginEvent]) -> None:
    """Endless lines, binary, lying counts and a line break in a message: told, and no forged
    login; the listener goes on."""

    async def run() -> None:
        async with listening_tcp(HERE, inbox) as address:
            forged = LOGIN.format(1, 1, "victim")
            for data in (
                b"x" * (LONGEST_MESSAGE + 5) + b"\n",
                b"999999 <38>short\n" + forged.encode(),
                counted(f"<38>2024-05-17T18:00:01Z web cron[1]: x\n{forged}"),
                bytes(range(256)) * 10,
            ):
                _, writer = await asyncio.open_connection(*address)
                writer.write(data)
                await writer.drain()
                writer.close()
            _, writer = await asyncio.open_connection(*address)
            writer.write(LOGIN.format(2, 2, "ada").encode() + b"\n")
            writer.close()
            await until(lambda: len(events) == 1)

    asyncio.run(run())
    assert [event.user_id for event in events] == ["ada"]
    assert inbox.tally.report().rejected["message longer than the limit"].lines >= 1


def test_a_full_inbox_slows_streams_and_drops_datagrams(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent over TCP all arrives; what is dropped of UDP is counted."""
    monkeypatch.setattr(inbox_module, "WAITING_LINES", 8)
    taken: list[LoginEvent] = []

    async def run() -> None:
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()

        def take(some) -> None:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
            taken.extend(some)

        parser = choose_formats("auto").parser
        assert parser is not None
        inbox = Inbox(parser, SETTINGS, take)
        inbox.__enter__()
        try:
            async with listening_tcp(HERE, inbox) as tcp, listening_udp(HERE, inbox) as udp:
                _, writer = await asyncio.open_connection(*tcp)
                lines = "".join(LOGIN.format(n % 60, n, f"u{n}") + "\n" for n in range(2000))
                writer.write(lines.encode())
                await until(lambda: not inbox.offer(line_of("")))
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.sendto(b"<38>x", udp)
                await until(lambda: inbox.dropped)
                gate.set()
                writer.close()
                await until(lambda: len(taken) == 2000)
        finally:
            gate.set()
            await asyncio.to_thread(inbox.__exit__)

    asyncio.run(run())
    assert [event.user_id for event in taken] == [f"u{n}" for n in range(2000)]


def test_one_connection_too_many_is_counted(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is closed at once; those that are open stay."""
    monkeypatch.setattr(syslog_module, "CONNECTIONS", 1)

    async def run() -> None:
        async with listening_tcp(HERE, inbox) as address:
            first, writer = await asyncio.open_connection(*address)
            writer.write(LOGIN.format(1, 1, "ada").encode())
            for turned_away in (1, 2):
                other, second = await asyncio.open_connection(*address)
                assert await asyncio.wait_for(other.read(), 60) == b""
                second.close()
                assert inbox.turned_away == turned_away
            assert not first.at_eof()
            writer.close()

    asyncio.run(run())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("no openssl to make a certificate with")
    chain, key = folder / "cert.pem", folder / "key.pem"
    command = [tool, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
               "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(chain)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return chain, key


def test_tls(inbox: Inbox, events: list[LoginEvent], certificate: tuple[Path, Path]) -> None:
    """Encrypted messages arrive; with an authority for senders, one without a certificate of it
    is turned away."""
    chain, key = certificate
    client = ssl.create_default_context(cafile=str(chain))

    async def send(address: Address, context: ssl.SSLContext, user: str) -> None:
        _, writer = await asyncio.open_connection(
            *address, ssl=context, server_hostname="localhost"
        )
        writer.write(counted(LOGIN.format(1, 1, user)))
        await writer.drain()
        writer.close()

    async def run() -> None:
        async with listening_tcp(HERE, inbox, tls_context(chain, key, None)) as address:
            await send(address, client, "ada")
            await until(lambda: len(events) == 1)
        async with listening_tcp(HERE, inbox, tls_context(chain, key, chain)) as address:
            await send(address, client, "nobody")
            known = ssl.create_default_context(cafile=str(chain))
            known.load_cert_chain(chain, key)
            await send(address, known, "bob")
            await until(lambda: len(events) == 2)

    asyncio.run(run())
    assert [event.user_id for event in events] == ["ada", "bob"]
    with pytest.raises(InputError, match="TLS"):
        tls_context(key, chain, None)


def test_a_taken_port_is_told(inbox: Inbox) -> None:
    """The address is named, and what to do."""

    async def run() -> None:
        async with listening_tcp(HERE, inbox) as address:
            async with listening_tcp(address, inbox):
                pass

    with pytest.raises(InputError, match=r"127\.0\.0\.1:\d+: cannot listen there"):
        asyncio.run(run())
