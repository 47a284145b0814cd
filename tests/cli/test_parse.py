"""`authrisk parse` and `authrisk formats`."""

import gzip
import inspect
import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points

import polars as pl
import pytest

from authrisk.eventlog import labels_path, read_events, read_labels
from authrisk.logs.discovery import GROUP, formats

SSHD = (
    "2026-05-17T18:00:01.000000+00:00 web sshd[86580]: "
    "Accepted password for ada from 8.8.8.8 port 5022 ssh2\n"
)
RBA = (
    "index,Login Timestamp,User ID,Round-Trip Time [ms],IP Address,Country,Region,City,ASN,"
    "User Agent String,Browser Name and Version,OS Name and Version,Device Type,"
    "Login Successful,Is Attack IP,Is Account Takeover\n"
    "7,2020-02-03 12:43:30.772,-43,,10.0.65.171,NO,-,-,29695,Mozilla/5.0,Firefox 20.0,iOS 13.4,"
    "mobile,True,False,True\n"
)


@pytest.fixture
def sshd(tmp_path):
    path = tmp_path / "auth.log"
    path.write_text(SSHD + "2026-05-17T18:00:02.000000+00:00 web cron[1]: tick\n")
    return path


@pytest.fixture
def rba(tmp_path):
    path = tmp_path / "rba.csv"
    path.write_text(RBA + "8,not a time,-43,,,,,,,,,,,True,False,False\n")
    return path


def test_events_are_enriched_and_the_report_counts_every_line(authrisk, sshd, tmp_path):
    """A log becomes a Parquet file; stderr says what became of its lines and why."""
    out = tmp_path / "events.parquet"
    done = authrisk("parse", sshd, "-o", out)
    assert (done.code, done.out) == (0, "")
    assert "auth.log: sshd" in done.err
    assert "2 lines, 1 events" in done.err
    assert "ignored 1 lines" in done.err
    assert "auth.log:2" in done.err
    row = read_events(out).row(0, named=True)
    assert (row["user_id"], row["src_country"], row["outcome"]) == ("ada", "US", "success")


def test_nothing_is_filled_in_without_enrichment(authrisk, sshd, tmp_path):
    """--no-enrich leaves what the log did not say unknown."""
    out = tmp_path / "events.parquet"
    assert authrisk("parse", sshd, "--no-enrich", "-o", out).code == 0
    assert read_events(out)["src_country"].to_list() == [None]


@pytest.mark.parametrize(
    ("to", "path"),
    [("canonical", ["user_id"]), ("ecs", ["user", "id"]), ("ocsf", ["user", "uid"])],
)
def test_lines_of_json_in_three_vocabularies(authrisk, sshd, to, path):
    """Without -o events are NDJSON on stdout, in the asked vocabulary."""
    done = authrisk("parse", sshd, "--to", to)
    (line,) = done.out.splitlines()
    value = json.loads(line)
    for key in path:
        value = value[key]
    assert value == "ada"


def test_our_own_export_reads_back(authrisk, sshd, tmp_path):
    """ECS lines that we wrote parse to the same logins."""
    ecs, first, second = (tmp_path / n for n in ("ecs.ndjson", "a.parquet", "b.parquet"))
    authrisk("parse", sshd, "-o", first)
    authrisk("parse", sshd, "--to", "ecs", "-o", ecs)
    assert authrisk("parse", ecs, "-o", second).code == 0
    assert read_events(first).equals(read_events(second))


def test_labels_go_to_a_file_beside(authrisk, rba, tmp_path):
    """Labels never enter the events; a file of old labels goes with the events it belonged to."""
    out = tmp_path / "events.parquet"
    authrisk("parse", rba, "-o", out)
    assert read_labels(labels_path(out))["is_account_takeover"].to_list() == [True]
    assert "is_account_takeover" not in read_events(out).columns
    (tmp_path / "auth.log").write_text(SSHD)
    done = authrisk("parse", tmp_path / "auth.log", "-o", out)
    assert "removed" in done.err
    assert not labels_path(out).exists()


def test_rejected_lines_are_kept_and_told(authrisk, rba, tmp_path):
    """--rejected writes the lines with their causes; --strict makes them exit code 1."""
    out, kept = tmp_path / "events.parquet", tmp_path / "rejected.ndjson"
    assert authrisk("parse", rba, "-o", out).code == 0
    done = authrisk("parse", rba, "-o", out, "--rejected", kept, "--strict")
    assert done.code == 1
    assert "rejected 1 lines" in done.err
    assert "rba.csv:3" in done.err
    row = json.loads(kept.read_text())
    assert (row["file"], row["line"], row["text"][:10]) == ("rba.csv", 3, "8,not a ti")
    assert row["cause"]
    assert read_events(out).height == 1


@pytest.mark.parametrize("format", [(), ("--format", "rba_csv")], ids=["sniffed", "named"])
def test_stdin_and_gzip(rba, tmp_path, format):
    """A pipe of compressed lines is read like a file, sniffed or not."""
    out = tmp_path / "events.parquet"
    code = "from authrisk.cli import main; raise SystemExit(main())"
    command = [sys.executable, "-c", code, "parse", "-", *format, "-o", str(out)]
    data = gzip.compress(rba.read_bytes())
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    assert b"1 events" in done.stderr
    assert read_events(out)["event_id"].to_list() == ["7"]


def test_several_formats_in_one_call(authrisk, sshd, rba, tmp_path):
    """Each file is read as its own format, in the order given."""
    out = tmp_path / "events.parquet"
    done = authrisk("parse", sshd, rba, "-o", out)
    assert done.code == 0
    assert read_events(out)["source_type"].to_list() == ["sshd", "rba_csv"]


def test_a_described_format(authrisk, tmp_path):
    """A .toml description reads a log that no format knows."""
    (tmp_path / "x.toml").write_text(
        "name = \"x\"\npattern = '(?P<timestamp>\\S+) (?P<user_id>\\w+) (?P<outcome>\\w+)'\n"
        'sample = "2024-03-01T08:15:30Z ada ok"\n[outcome]\nsuccess = ["ok"]\n'
    )
    (tmp_path / "x.log").write_text("2024-03-01T08:15:30Z ada ok\n")
    done = authrisk("parse", tmp_path / "x.log", "--format", tmp_path / "x.toml")
    assert json.loads(done.out)["user_id"] == "ada"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["nope.log"], "no such file"),
        (["LOG", "--format", "nope"], "no log format is called 'nope'"),
        (["LOG", "--timezone", "Mars/Base"], "Mars/Base"),
        (["LOG", "-o", "events.txt"], ".parquet or .ndjson"),
        (["LOG", "-o", "x.parquet", "--to", "ecs"], "canonical names"),
        (["LOG", "-o", "no/such/folder/x.parquet"], "does not exist"),
        (["LOG", "--mmdb", "nope.mmdb"], "nope.mmdb"),
        (["UNKNOWN"], "no format claims it"),
    ],
)
def test_wrong_input_is_one_line_and_code_2(authrisk, sshd, tmp_path, monkeypatch, arguments, what):
    """Nothing is written and the line says what is wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unknown.log").write_text("what is this\n")
    names = {"LOG": str(sshd), "UNKNOWN": "unknown.log"}
    before = sorted(tmp_path.iterdir())
    done = authrisk("parse", *(names.get(a, a) for a in arguments))
    assert done.code == 2
    assert what in done.err
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_log_gives_an_empty_file(authrisk, tmp_path):
    """No lines, no events, no failure."""
    (tmp_path / "empty.log").write_text("\n")
    out = tmp_path / "events.parquet"
    done = authrisk("parse", tmp_path / "empty.log", "-o", out)
    assert done.code == 0
    assert read_events(out).is_empty()
    assert isinstance(read_events(out), pl.DataFrame)


def test_formats_lists_every_installed_one(authrisk):
    """Two lines per format: what it reads with its versions, and how an example begins."""
    done = authrisk("formats")
    assert done.code == 0
    lines = done.out.splitlines()[1:]
    for parser, row, example in zip(formats().values(), lines[::2], lines[1::2], strict=True):
        assert row.split()[0] == parser.name
        assert f" {parser.versions} " in row and row.endswith(parser.title)
        assert example.removesuffix("...").strip() in " ".join(parser.sample.split())


def test_each_format_is_shown_by_its_own_words(authrisk):
    """The page holds what the format's own module says, and its sample, for every format."""
    for point in entry_points(group=GROUP):
        done = authrisk("formats", point.name)
        assert done.code == 0
        words = inspect.cleandoc(import_module(point.module).__doc__)
        sample = point.load().sample.splitlines()
        assert f"\n\n{words}\n\nA sample:\n" in done.out, point.name
        assert "".join(f"  {line}\n" for line in sample) in done.out, point.name


def test_a_format_is_shown_whole(authrisk):
    """Its assumptions, its sample, and an event that the sample gives."""
    done = authrisk("formats", "sshd")
    assert done.code == 0
    assert "versions: 5 to 10" in done.out
    assert "proven by: samples" in done.out
    assert "message repeated N times" in done.out
    assert json.loads(done.out.splitlines()[-1])["user_id"] == "vagrant"
