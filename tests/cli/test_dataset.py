"""`authrisk dataset`: from the files of a data set to the report, also where little can be said."""

import json


def test_rba_from_the_file_to_the_report(authrisk, rba_events, folder, bundle, tmp_path):
    """A file of the format gives figures for both labels apart, and JSON for machines."""
    out = tmp_path / "report.json"
    done = authrisk("dataset", "rba", folder / "rba.csv", "--bundle", bundle, "-o", out)
    assert done.code == 0, done.err
    assert "account takeover: " in done.err
    report = json.loads(out.read_text())
    assert report["setting"]["attacks"].keys() <= {"account takeover", "blocklisted address"}
    assert report["setting"]["legitimate"] > 1_000
    assert any("pseudo-users" in note for note in report["setting"]["notes"])


def test_real_rba_rows(authrisk, real_data, bundle):
    """19 ordinary rows and 133 takeovers: it is said what they are too few for."""
    rba = real_data / "rba"
    head = ("dataset", "rba", rba / "rba-head.csv", "--bundle", bundle)
    done = authrisk(*head)
    assert done.code == 2
    assert "skip fewer days" in done.err
    done = authrisk(*head, "--skip-days", 0)
    assert done.code == 0
    assert "give no threshold for 1.0% false positives" in done.out
    assert "no measured login is labelled `account takeover`" in done.out
    done = authrisk("dataset", "rba", rba / "rba-takeovers.csv", "--bundle", bundle)
    assert done.code == 0
    assert "133 rows, 74 of them also from a blocklisted address" in done.out
    assert "0 legitimate logins give no threshold" in done.out


def test_real_lanl_lines(authrisk, real_data, bundle):
    """15,000 lines without the red team: measured is what there is, and that it is not there."""
    lanl = real_data / "lanl"
    files = (lanl / "auth-15k.txt", lanl / "redteam.txt.gz")
    done = authrisk("dataset", "lanl", *files, "--bundle", bundle)
    assert done.code == 0
    assert "0 of its 715 different rows are among these events" in done.out
    assert "no measured login is labelled `red team`" in done.out
    done = authrisk("dataset", "lanl", lanl, files[1], "--bundle", bundle)
    assert done.code == 2
