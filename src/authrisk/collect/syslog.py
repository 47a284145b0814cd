"""A syslog listener: UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from authrisk.collect.framing import Framer, text_of
from authrisk.collect.inbox import Inbox, line_of
from authrisk.errors import InputError
from authrisk.logs.parser import Line, Rejected

LONGEST_MESSAGE = 65_536
"""Octets; RFC 5424 asks for 2,048 and gateways send JSON of some KB."""
CONNECTIONS = 1024
IDLE_S = 3600.0
"""A connection that says nothing for so long is closed: its sender will open another."""


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@asynccontextmanager
async def listening_udp(address: Address, inbox: Inbox) -> AsyncIterator[Address]:
    """Take datagrams while the block runs; gives the address (its port, where 0 was asked for).

    A datagram that finds no room is counted as dropped: UDP has no way to slow its sender.
    """
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(inbox), local_addr=address
        )
    except OSError as error:
        raise refused(address, error) from None
    try:
        yield Address(*transport.get_extra_info("sockname")[:2])
    finally:
        transport.close()


@asynccontextmanager
async def listening_tcp(
    address: Address, inbox: Inbox, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Address]:
    """Take connections while the block runs; a sender that is too quick is slowed."""
    streams = _Streams(inbox)
    try:
        server = await asyncio.start_server(
            streams.serve, address.host, address.port, ssl=tls, limit=LONGEST_MESSAGE
        )
    except OSError as error:
        raise refused(address, error) from None
    try:
        yield Address(*server.sockets[0].getsockname()[:2])
    finally:
        server.close()
        await streams.close()
        await server.wait_closed()


def tls_context(
    certificate: Path | None, key: Path | None, client_ca: Path | None
) -> ssl.SSLContext:
    """TLS 1.2 or newer; with `client_ca` only senders whose certificate that authority signed.

    Raises InputError for files that are none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is None or key is None:
        raise InputError("TLS needs a certificate and a key")
    try:
        context.load_cert_chain(certificate, key)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        raise InputError(f"TLS cannot use it: {error}", where=str(certificate)) from None
    return context


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002 - the protocol names it
        if not self._inbox.offer(line_of(text_of(data))):
            self._inbox.drop()


class _Streams:
    """The open connections of one listener."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) >= CONNECTIONS:
            self._inbox.turn_away()
            writer.close()
            return
        self._open.add(task)
        framer = Framer(LONGEST_MESSAGE)
        try:
            while data := await asyncio.wait_for(reader.read(LONGEST_MESSAGE), IDLE_S):
                for message in framer.feed(data):
                    await self._offer(message)
            for message in framer.end():
                await self._offer(message)
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # the sender is gone, or we are
        finally:
            self._open.discard(task)
            writer.close()

    async def close(self) -> None:
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=5)

    async def _offer(self, message: bytes | None) -> None:
        line: Line | Rejected
        if message is None:
            line = Rejected(Line("syslog", 0, ""), "message longer than the limit")
        else:
            line = line_of(text_of(message))
        while not self._inbox.offer(line):
            if not self._inbox.alive:
                raise OSError("nobody reads")
            await asyncio.sleep(0.01)


def refused(address: Address, error: OSError) -> InputError:
    """The error of an address that nobody can listen on."""
    return InputError(
        f"cannot listen there: {error.strerror or error}",
        where=str(address),
        remedy="stop what listens there, or choose another port",
    )
