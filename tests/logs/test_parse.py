"""From files to events: sniffing, choosing, counting."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import os
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from authrisk.errors import FormatError, InputError
from authrisk.logs import choice as choice_module
from authrisk.logs.choice import choose_formats, open_log
from authrisk.logs.discovery import format_named, formats, load
from authrisk.logs.formats.sshd import PARSER as SSHD
from authrisk.logs.formats.wso2_is import PARSER as WSO2
from authrisk.logs.parse import parse_events, read_log
from authrisk.logs.parser import PAUSE, Line, ParseSettings
from authrisk.logs.reader import Source, find_sources
from authrisk.logs.report import Tally
from authrisk.logs.sniff import sniff
from authrisk.testing.parser import SETTINGS

EXAMPLES = Path(__file__).parents[2] / "examples"
DOVECOT = (
    "May 17 18:00:0{0} mail dovecot: imap-login: Login: user=<u{0}>, method=PLAIN, rip=8.8.8.8, "
    "lip=192.0.2.1, mpid=1, TLS, session=<x{0}>\n"
)


@pytest.fixture
def two_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice_module, "formats", lambda: {"sshd": SSHD, "wso2_is": WSO2})


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("two_formats")
def test_each_file_is_read_by_the_format_that_claims_it(tmp_path: Path) -> None:
    """Logs of several servers may be named at once; the report says what was read as what."""
    write(tmp_path / "auth.log", SSHD.sample)
    (tmp_path / "wso2.log.gz").write_bytes(gzip.compress(WSO2.sample.encode()))
    run = parse_events([tmp_path / "*"], settings=SETTINGS)
    events = list(run.events)
    counts = len(SSHD.expected), len(WSO2.expected)
    assert [e.source_type for e in events] == ["sshd"] * counts[0] + ["wso2_is"] * counts[1]
    assert run.report.formats == {"auth.log": "sshd", "wso2.log.gz": "wso2_is"}
    assert len({e.event_id for e in events}) == sum(counts)


@pytest.mark.usefixtures("two_formats")
def test_every_line_is_accounted_for(tmp_path: Path) -> None:
    """Lines are events, rejected or ignored; causes carry the first places."""
    text = SSHD.sample + "\nFailed nonsense\n\n" + "x\0\n" * 9
    run = parse_events([write(tmp_path / "a", text)], settings=SETTINGS)
    assert len(list(run.events)) == run.report.events == 5
    report = run.report
    assert report.lines == 5 + report.rejected_lines + report.ignored_lines == 19
    nul = report.rejected["NUL byte, so not text"]
    assert nul.lines == 9
    assert nul.places == ("a:11", "a:12", "a:13", "a:14", "a:15")
    assert report.rejected["no syslog header"].places == ("a:9",)


def test_events_stream(tmp_path: Path) -> None:
    """An event is there before the rest of the file is read."""
    path = write(tmp_path / "a", (SSHD.sample + "\n") * 20_000)
    run = parse_events([path], settings=SETTINGS, format="sshd")
    next(run.events)
    assert run.report.lines < 10


def test_two_files_of_one_name_keep_their_events_apart(tmp_path: Path) -> None:
    """Event ids of equal lines in equally named files differ."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "auth.log", SSHD.sample)
    run = parse_events([tmp_path / "*" / "auth.log"], settings=SETTINGS, format=SSHD)
    ids = [event.event_id for event in run.events]
    assert len(ids) == len(set(ids)) == 10
    assert ids[0] == "a/auth.log:1"


def test_yearless_stamps_count_back_from_the_file(tmp_path: Path) -> None:
    """A file last written in 2019 holds logins of 2019, but never later than the reference."""
    path = write(tmp_path / "auth.log", SSHD.sample.split("\n")[0])
    written = dt.datetime(2019, 10, 1, tzinfo=dt.UTC).timestamp()
    os.utime(path, (written, written))

    def year(reference: int) -> int:
        settings = ParseSettings(dt.datetime(reference, 12, 31, tzinfo=dt.UTC))
        (event,) = parse_events([path], settings=settings, format="sshd").events
        return event.timestamp.year

    assert (year(2024), year(2015)) == (2019, 2015)


@pytest.mark.usefixtures("two_formats")
def test_what_nobody_claims_says_how_to_choose(tmp_path: Path) -> None:
    """The file is named, and the option."""
    path = write(tmp_path / "odd.log", "hello\n")
    with pytest.raises(FormatError, match=r"odd\.log: no format claims it.*--format"):
        list(parse_events([path], settings=SETTINGS).events)


@pytest.mark.usefixtures("two_formats")
@pytest.mark.parametrize("data", [b"", b"\n\n", b"\0" * 5000])
def test_a_file_without_text_gives_a_report_and_no_error(tmp_path: Path, data: bytes) -> None:
    """Empty and binary files have no format and no events."""
    (tmp_path / "a").write_bytes(data)
    run = parse_events([tmp_path / "a"], settings=SETTINGS)
    assert list(run.events) == []
    assert run.report.lines == run.report.rejected_lines + run.report.ignored_lines


def test_sniffing_names_the_claimants() -> None:
    """Two formats that claim one file are both named."""
    head = [*SSHD.sample.split("\n"), *WSO2.sample.split("\n")]
    with pytest.raises(FormatError, match="sshd and wso2_is both claim it"):
        sniff(head, [SSHD, WSO2])


def test_missing_files_and_formats_are_told_before_reading(tmp_path: Path) -> None:
    """The mistake is told at the call, not when the events are asked for."""
    with pytest.raises(InputError, match="no such file"):
        parse_events([tmp_path / "no.log"], settings=SETTINGS)
    with pytest.raises(FormatError, match=r"known: .*sshd"):
        parse_events([], settings=SETTINGS, format="sshx")


def test_formats_are_found_by_name_and_by_description() -> None:
    """The installed formats and the path of a description answer to `--format`."""
    assert formats()["sshd"] is SSHD
    assert format_named(str(EXAMPLES / "acme_login.toml")).name == "acme_login"


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("no_such_package:PARSER", "ModuleNotFoundError"),
        ("authrisk.logs.formats.sshd:NOTHING", "AttributeError"),
        ("authrisk.logs.parser:Line", "is no parser"),
        ("authrisk.logs.formats.sshd:PARSER", "calls itself 'sshd'"),
    ],
)
def test_a_broken_entry_point_is_named(value: str, cause: str) -> None:
    """A format of another package that does not load is named with its module and why."""
    with pytest.raises(FormatError, match=cause) as caught:
        load(EntryPoint("acme", value, "authrisk.formats"))
    assert "'acme'" in str(caught.value) and value in str(caught.value)


def test_several_formats_named_together(tmp_path: Path) -> None:
    """Those of syslog daemons read each line by its program; others are sniffed among the named."""
    assert choose_formats("auto").parser is not None
    assert choose_formats("sshd,sshd").parser is SSHD
    choice = choose_formats("sshd,wso2_is")
    assert (choice.parser, choice.candidates) == (None, (SSHD, WSO2))
    path = write(tmp_path / "a", WSO2.sample)
    run = parse_events([path], settings=SETTINGS, format="sshd,wso2_is")
    assert len(list(run.events)) == len(WSO2.expected)
    assert run.report.formats == {"a": "wso2_is"}
    with pytest.raises(FormatError, match="known: "):
        choose_formats("sshd,sshx")


def test_a_syslog_file_is_read_with_all_syslog_formats(tmp_path: Path) -> None:
    """The report names the formats that gave events."""
    path = write(tmp_path / "auth.log", SSHD.sample)
    run = parse_events([path], settings=SETTINGS, format="auto")
    assert len(list(run.events)) == 5
    assert run.report.formats == {"auth.log": "sshd"}


def test_a_pipe_that_rests_is_told(tmp_path: Path) -> None:
    """Each rest of the writer is a None between events, of one format and of several."""
    for format in ("dovecot", "auto"):
        path = tmp_path / format
        os.mkfifo(path)
        (source,) = find_sources([path])
        writer = os.open(path, os.O_RDWR)
        log = open_log(source, choose_formats(format), SETTINGS)
        tally = Tally()
        events = read_log(log, tally)
        for number in range(3):
            os.write(writer, DOVECOT.format(number).encode())
            event = next(events)
            assert event is not None and event.user_id == f"u{number}"
            assert next(events) is None
        assert tally.lines == 3
        os.close(writer)


@pytest.mark.usefixtures("two_formats")
def test_the_head_of_a_pipe_ends_where_it_shows_the_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first rest after a line that one format claims, with no line lost."""
    first = Line("p", 1, "of something else")
    second = Line("p", 2, SSHD.sample.splitlines()[0])

    def lines(*_: object, **__: object) -> Iterator[Line]:
        yield from (PAUSE, first, PAUSE, second, PAUSE)
        pytest.fail("the head went on")

    monkeypatch.setattr(choice_module, "read_source", lines)
    log = open_log(Source("p", None), choose_formats(None), SETTINGS)
    assert log.parser is SSHD
    assert list(itertools.islice(log.lines, 5)) == [PAUSE, first, PAUSE, second, PAUSE]
