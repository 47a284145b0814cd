"""Help, exit codes and errors of the command line as a whole."""

import subprocess
import sys

import pytest

from authrisk import __version__
from authrisk.cli import app
from authrisk.errors import AuthriskError, BundleError, InputError, StoreError

COMMANDS = [
    ("demo",), ("parse",), ("formats",), ("simulate",), ("attack",), ("audit",), ("train",),
    ("evaluate",),
    ("score",), ("serve",), ("bundle", "verify"), ("bundle", "show"), ("events", "show"),
    ("events", "export"), ("events", "import"),
]  # fmt: skip


def test_help_names_every_command(authrisk):
    """`authrisk --help` lists all commands and ends well; so does no argument at all."""
    done = authrisk("--help")
    assert done.code == 0
    assert all(f"\n  {command[0]} " in done.out for command in COMMANDS)
    assert authrisk().code in {0, 2}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_teaches_by_an_example(authrisk, command):
    """Each command's help shows a line that calls it."""
    done = authrisk(*command, "--help")
    assert done.code == 0
    assert f"Example:\n    authrisk {' '.join(command)}" in done.out


def test_version(authrisk):
    """`--version` is the package's."""
    assert authrisk("--version").out.strip() == __version__


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AuthriskError("x"), 1), (StoreError("x"), 1), (InputError("x"), 2), (BundleError("x"), 78),
        (FileNotFoundError(2, "No such file", "x"), 1), (KeyboardInterrupt(), 130),
    ],
)  # fmt: skip
def test_errors_are_one_line_and_a_code(authrisk, monkeypatch, error, code):
    """Whatever is raised on purpose ends as one line on stderr and its own exit code."""

    def fail(**_):
        raise error

    monkeypatch.setattr(app, "app", fail)
    done = authrisk("formats")
    assert (done.code, done.out) == (code, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith("error: ") == (code != 130)


def test_a_line_break_in_an_error_does_not_make_a_second_line(authrisk):
    """A file name with a line break is told in one line."""
    done = authrisk("parse", "no\nsuch\nfile")
    assert done.code == 2
    assert done.err.count("\n") == 1


def test_wrong_use_is_code_2(authrisk):
    """Missing arguments and unknown options are wrong use."""
    assert authrisk("parse").code == 2
    assert authrisk("score", "--nope").code == 2


def test_a_reader_that_leaves_is_no_error_message():
    """`authrisk ... | head -1` says nothing on stderr."""
    script = (
        f"{sys.executable} -c 'from authrisk.cli import main; raise SystemExit(main())' "
        "simulate --users 500 | head -1"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith('{"event_id"')
    assert done.stderr == ""
