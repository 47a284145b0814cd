"""One attempt over several lines becomes one event: the laws of `Join` and `Recent`."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.joins import TOLD, Account, Join, Recent, one_event
from authrisk.logs.parser import Ignored, Line

WINDOW_NS, TOLERANCE_NS = 10, 30
PARTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 500)), max_size=60)


def groups_of(
    parts: list[tuple[str, int, int]], capacity: int = 4096
) -> tuple[list[list[tuple[str, int, int]]], int]:
    """All groups, and the most parts that were held at once."""
    join = Join[tuple[str, int, int]](WINDOW_NS, TOLERANCE_NS, capacity)
    groups, most = [], 0
    for part in parts:
        groups += join.add(part[0], part[1], part)
        most = max(most, len(join))
    groups += join.rest()
    assert len(join) == 0
    return groups, most


def by_definition(parts: list[tuple[str, int, int]]) -> set[frozenset[tuple[str, int, int]]]:
    """Sorted by key and time, a gap wider than the window begins a new group."""
    groups: list[list[tuple[str, int, int]]] = []
    for part in sorted(parts):
        last = groups[-1][-1] if groups else None
        if last is not None and last[0] == part[0] and part[1] - last[1] <= WINDOW_NS:
            groups[-1].append(part)
        else:
            groups.append([part])
    return {frozenset(group) for group in groups}


def late(parts: list[tuple[str, int, int]], seed: int) -> list[tuple[str, int, int]]:
    """Another order, in which no part comes later than the tolerance allows."""
    delay = random.Random(seed)
    return sorted(parts, key=lambda part: part[1] + delay.randint(0, TOLERANCE_NS))


@given(PARTS, st.integers(0, 9))
def test_any_order_within_the_tolerance_makes_the_same_groups(
    parts: list[tuple[str, int]], seed: int
) -> None:
    """The groups are those of the sorted log, whatever came late."""
    numbered = [(key, ns, n) for n, (key, ns) in enumerate(parts)]
    groups, _ = groups_of(late(numbered, seed))
    assert {frozenset(group) for group in groups} == by_definition(numbered)
    assert all(group == sorted(group, key=lambda part: part[1]) for group in groups)


@given(PARTS, st.integers(1, 8))
def test_nothing_is_lost_and_memory_is_bounded(parts: list[tuple[str, int]], capacity: int) -> None:
    """In any order and with little room, every part leaves once and few are held."""
    numbered = [(key, ns, n) for n, (key, ns) in enumerate(parts)]
    groups, most = groups_of(numbered, capacity)
    assert sorted(part for group in groups for part in group) == sorted(numbered)
    assert most <= capacity
    assert all(len({part[0] for part in group}) == 1 for group in groups)


def test_an_endless_attempt_does_not_fill_the_memory() -> None:
    """Parts of one key that never pause leave in groups of bounded size."""
    join = Join[int](WINDOW_NS, TOLERANCE_NS)
    sizes = [len(group) for n in range(10_000) for group in join.add("a", n, n)]
    assert sum(sizes) + len(join) == 10_000
    assert max(sizes) <= 64
    assert len(join) <= 64


def test_a_clock_that_went_back_delays_and_loses_nothing() -> None:
    """After a stamp of another century groups still form, and leave at the latest at a pause."""
    join = Join[str](WINDOW_NS, TOLERANCE_NS)
    assert list(join.add("x", 10**18, "stray")) == []
    for part in (("a", 100, "one"), ("a", 103, "two"), ("b", 200, "three")):
        assert list(join.add(*part)) == []
    assert list(join.rest()) == [["one", "two"], ["three"], ["stray"]]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers())), st.integers(1, 5))
def test_recent_keeps_the_newest(entries: list[tuple[int, int]], capacity: int) -> None:
    """The last values of as many keys as there is room for, and no others."""
    recent = Recent[int, int](capacity)
    for key, value in entries:
        recent.put(key, value)
    newest: dict[int, int] = {}
    for key, value in reversed(entries):
        if len(newest) < capacity:
            newest.setdefault(key, value)
    assert {key: recent.get(key) for key in range(10) if recent.get(key) is not None} == newest
    assert len(recent) <= capacity


def account(number: int, rank: int, **fields: object) -> Account:
    event = LoginEvent(event_id=f"log:{number}", timestamp_ns=0, user_id=None)
    for name, value in fields.items():
        event = LoginEvent(
            **{f: getattr(event, f) for f in event.__struct_fields__} | {name: value}
        )
    return Account(Line("log", number, ""), event, rank)


def test_the_primary_line_is_the_event_and_others_fill_it() -> None:
    """Fields that it leaves unknown come from the others; every other line is accounted for."""
    items = list(
        one_event(
            [
                account(1, 0, src_ip="192.0.2.1"),
                account(2, 2, user_id="ada", outcome=Outcome.FAILURE),
                account(3, 1, user_id="other", app="ssh", src_ip="192.0.2.9"),
            ]
        )
    )
    event, *others = items
    assert isinstance(event, LoginEvent)
    assert (event.event_id, event.user_id, event.src_ip, event.app, event.outcome) == (
        "log:2",
        "ada",
        "192.0.2.1",
        "ssh",
        Outcome.FAILURE,
    )
    assert [(item.line.number, item.cause) for item in others if isinstance(item, Ignored)] == [
        (1, TOLD),
        (3, TOLD),
    ]


def test_facts_alone_are_no_event() -> None:
    """An attempt that nobody decided gives none."""
    items = list(one_event([account(1, 0, src_ip="192.0.2.1"), account(2, 0)]))
    assert [type(item) for item in items] == [Ignored, Ignored]
