"""A syslog file of several daemons: each line is read once, by the format of its program."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator

import pytest

from authrisk.errors import FormatError
from authrisk.event import LoginEvent
from authrisk.logs.formats.rba_csv import PARSER as RBA
from authrisk.logs.formats.sshd import PARSER as SSHD
from authrisk.logs.joins import Account, Join, one_event
from authrisk.logs.mixed import mixed
from authrisk.logs.parser import PAUSE, Ignored, Item, Line, ParseSettings, Rejected
from authrisk.testing.parser import SETTINGS, check_parser, parse_text


class Portal:
    """A daemon that tells each login in two lines, within 5 s and in any order."""

    name = "portal"
    title = "A portal"
    versions = "1"
    proven = "documentation"
    programs = ("portal", "portal-*")
    marks = ("portal",)
    sample = (
        "2024-09-06T09:57:21Z web portal[7]: from 192.0.2.7\n"
        "2024-09-06T09:57:22Z web portal-auth[7]: login ada"
    )
    expected = ({"user_id": "ada", "src_ip": "192.0.2.7"},)
    hostile = "2024-09-06T09:57:21Z web cron[7]: portal[7]: login victim"

    def claims(self, head: Iterable[str]) -> bool:
        return any(_PORTAL.fullmatch(text) for text in head)

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        join = Join[Account](5 * 10**9, 2 * 10**9)
        for line in lines:
            if line is PAUSE:
                for accounts in join.rest():
                    yield from one_event(accounts)
            match = _PORTAL.fullmatch(line.text)
            if match is None:
                yield Ignored(line, "nothing")
                continue
            ns = int(match["s"]) * 10**9 + 1_725_616_620 * 10**9
            event = LoginEvent(
                event_id=line.place, timestamp_ns=ns, user_id=match["user"], src_ip=match["ip"]
            )
            account = Account(line, event, int(match["user"] is not None))
            for accounts in join.add(match["pid"], ns, account):
                yield from one_event(accounts)
        for accounts in join.rest():
            yield from one_event(accounts)


_PORTAL = re.compile(
    r"2024-09-06T09:57:(?P<s>[0-9]{2})Z web portal(?:-auth)?\[(?P<pid>[0-9]+)\]: "
    r"(?:from (?P<ip>\S+)|login (?P<user>\S+))"
)
BOTH = mixed([SSHD, Portal()])


def key(item: Item) -> tuple[str, object]:
    """An item in a form that sorts."""
    if isinstance(item, LoginEvent):
        return item.event_id, ""
    return item.line.place, type(item).__name__


def test_the_mix_keeps_the_contract_of_formats() -> None:
    """It is a parser like any other."""
    check_parser(Portal())
    check_parser(mixed([SSHD]))
    check_parser(BOTH)


def test_interleaved_daemons_give_what_each_gives_alone() -> None:
    """The same events as the two logs read apart, whatever the interleaving."""
    ssh, portal = SSHD.sample.split("\n"), Portal.sample.split("\n")
    alone = {
        (event.user_id, event.timestamp_ns, event.src_ip)
        for parser in (SSHD, Portal())
        for event in parse_text(parser, parser.sample)
        if isinstance(event, LoginEvent)
    }
    for seed in range(20):
        ends = random.Random(seed).sample(range(len(ssh) + 2), 2)
        texts = list(ssh)
        for at, text in zip(sorted(ends), portal, strict=True):
            texts.insert(at, text)
        events = [i for i in parse_text(BOTH, "\n".join(texts)) if isinstance(i, LoginEvent)]
        assert {(e.user_id, e.timestamp_ns, e.src_ip) for e in events} == alone
        assert len(events) == len(alone)


def test_every_line_has_one_item() -> None:
    """Lines of no program, without header and blank ones are accounted for too."""
    text = "\n".join(
        [
            *SSHD.sample.split("\n"),
            "Failed without a header",
            "",
            "prose",
            *Portal.sample.split("\n"),
        ]
        * 300
    )
    items = parse_text(BOTH, text)
    places = [key(item)[0] for item in items]
    assert sorted(places) == sorted(f"log:{n}" for n in range(1, text.count("\n") + 2))
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert {item.cause for item in rejected} == {"no syslog header"}


def test_a_pause_reaches_every_daemon() -> None:
    """What waits for later lines comes out when the log rests."""
    seen: list[int] = []
    items: list[Item] = []

    def lines() -> Iterator[Line]:
        for number, text in enumerate(Portal.sample.split("\n"), 1):
            yield Line("log", number, text)
        yield PAUSE
        seen.append(sum(isinstance(item, LoginEvent) for item in items))

    for item in BOTH.parse(lines(), SETTINGS):
        items.append(item)
    assert seen == [1]


def test_a_repeat_goes_where_the_line_before_went() -> None:
    """`last message repeated` of old syslogd is read by the daemon's own format."""
    text = (
        "Sep  6 09:58:01 web sshd[590]: Failed password for pascal from 35.188.49.176 port 5 ssh2\n"
        "Sep  6 09:58:09 web last message repeated 2 times"
    )
    events = [item for item in parse_text(BOTH, text) if isinstance(item, LoginEvent)]
    assert [event.count for event in events] == [1, 2]


@pytest.mark.parametrize(
    ("parsers", "what"),
    [([SSHD, RBA], "does not tell its lines apart"), ([SSHD, type("X", (), dict(
        vars(Portal), programs=("sshd",)))()], "both read 'sshd'")],
)  # fmt: skip
def test_formats_that_do_not_mix_are_named(parsers, what: str) -> None:
    """Only formats with programs mix, and only one may read a program."""
    with pytest.raises(FormatError, match=what):
        mixed(parsers)
