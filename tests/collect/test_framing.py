"""Syslog messages in a stream end where their sender says, however the stream is cut."""

from __future__ import annotations

import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from authrisk.collect.framing import TOO_LONG, Framer, text_of

LIMIT = 40
MESSAGES = st.lists(
    st.tuples(
        st.booleans(),
        st.binary(max_size=60).map(lambda tail: b"<38>" + tail.replace(b"\n", b" ")),
    ),
    max_size=8,
)


def stream_of(messages: list[tuple[bool, bytes]]) -> bytes:
    return b"".join(
        b"%d %b" % (len(message), message) if counted else message + b"\n"
        for counted, message in messages
    )


@given(MESSAGES, st.lists(st.integers(0, 300), max_size=10))
def test_any_cut_of_the_stream_gives_the_messages(
    messages: list[tuple[bool, bytes]], cuts: list[int]
) -> None:
    """Counted and line-wise messages mixed; each comes out once, or is told to be too long."""
    stream = stream_of(messages)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    framer = Framer(LIMIT)
    out: list[bytes | None] = []
    for start, stop in itertools.pairwise(edges):
        out += framer.feed(stream[start:stop])
    out += framer.end()
    assert out == [m if len(m) <= LIMIT else TOO_LONG for _, m in messages]


@given(st.binary(max_size=200), st.integers(1, 20))
def test_any_bytes_in_any_pieces_are_cut_alike(data: bytes, size: int) -> None:
    """Bad streams raise nothing, and the cut into packets is no matter."""
    whole, pieces = Framer(LIMIT), Framer(LIMIT)
    one = [*whole.feed(data), *whole.end()]
    two: list[bytes | None] = []
    for start in range(0, len(data), size):
        two += pieces.feed(data[start : start + size])
    two += pieces.end()
    assert one == two


def test_a_counted_message_cannot_smuggle_another_in() -> None:
    """Line breaks within it, and a whole message behind its limit, start nothing."""
    inner = b"<38>x\n<38>Accepted password for victim"
    framer = Framer(LIMIT)
    assert list(framer.feed(b"%d %b" % (len(inner), inner))) == [inner]
    assert "\n" not in text_of(inner)
    long = b"<38>" + b"x" * LIMIT + b"\n<38>forged\n"
    assert list(framer.feed(b"%d %b<38>good\n" % (len(long), long))) == [TOO_LONG, b"<38>good"]


def test_memory_is_bounded() -> None:
    """An endless message is told once and takes no room."""
    framer = Framer(LIMIT)
    out = [message for _ in range(1000) for message in framer.feed(b"x" * 1000)]
    assert out == [TOO_LONG]
    assert len(framer._rest) <= LIMIT


def test_cost_grows_with_the_octets() -> None:
    """Twice as many messages in one packet cost twice as much, not four times."""

    def cpu_s(messages: int) -> float:
        stream = b"<38>\n" * messages
        start = time.process_time()
        assert sum(1 for _ in Framer(LIMIT).feed(stream)) == messages
        return time.process_time() - start

    half = min(cpu_s(80_000) for _ in range(3))
    assert min(cpu_s(160_000) for _ in range(3)) < 3 * half
