"""The page on adding a parser says what works: every block of it is run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```", (ROOT / "docs" / "add-a-parser.md").read_text("utf-8"), re.M | re.S
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a reader of the page has: the log, the description, the examples."""
    (tmp_path / "portal.log").write_text(next(text for kind, text in BLOCKS if kind == "text"))
    (tmp_path / "portal.toml").write_text(next(text for kind, text in BLOCKS if kind == "toml"))
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", [text for kind, text in BLOCKS if kind == "python"])
def test_python_blocks_run(code: str, folder: Path) -> None:
    """Each block of Python runs in a folder that holds what the page made before."""
    printed = run([sys.executable, "-c", code], folder)
    if "parse_events" in code:
        assert printed.count("ada") == 2


@pytest.mark.parametrize("line", [t.strip() for kind, t in BLOCKS if kind == "bash"])
def test_commands_run(line: str, folder: Path) -> None:
    """Each command succeeds."""
    words = shlex.split(line)
    if words[0] == "authrisk":
        words[:1] = [sys.executable, "-c", "from authrisk.cli import main; main()"]
    else:
        assert words[0] == "python"
        words[0] = sys.executable
    run(words, folder)
    if "-o" in words:
        assert (folder / words[words.index("-o") + 1]).stat().st_size
