"""The commands and programs of README, tutorial and walk-through run as they are printed."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_HERE = {"demo", "serve"}
"""Commands with tests of their own that take long or do not end."""


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(name: str, language: str) -> list[list[str]]:
    """The `authrisk` lines of a document's blocks, without the program's name."""
    lines = "\n".join(blocks(name, language)).replace("\\\n", " ").splitlines()
    ours = [shlex.split(line, comments=True) for line in lines if line.startswith("authrisk ")]
    return [words[1:] for words in ours if words[1] not in NOT_HERE]


def quicker(command: list[str]) -> list[str]:
    """The same with one epoch: what is tested is that it runs."""
    return [*command, "--epochs", "1"] if command[0] == "train" else command


def run_all(authrisk, lines: list[list[str]]) -> None:
    assert lines
    for line in lines:
        done = authrisk(*quicker(line))
        assert done.code == 0, f"{line}: {done.err}"


def run_programs(name: str) -> None:
    for program in blocks(name, "python"):
        exec(compile(program, name, "exec"), {})


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_readme(authrisk, workplace):
    """The tour of the README works from its own simulated log to an imported history."""
    simulate = re.search(r"`authrisk (simulate [^`]*)`", (ROOT / "README.md").read_text())
    assert simulate is not None
    run_all(authrisk, [shlex.split(simulate[1]), *commands("README.md", "sh")])
    run_programs("README.md")
    names = {path.name for path in workplace.iterdir()}
    assert names >= {"scores.csv", "report.md", "my-bundle", "authrisk-history.sqlite"}


def test_tutorial(authrisk, workplace):
    """Every step of the tutorial, in its order."""
    run_all(authrisk, commands("docs/tutorial.md", "bash"))
    run_programs("docs/tutorial.md")


def test_lanl_walkthrough(authrisk, workplace, real_data):
    """Every step of the walk-through on the real file."""
    (workplace / "auth-15k.txt").symlink_to(real_data / "lanl" / "auth-15k.txt")
    run_all(authrisk, commands("docs/lanl-walkthrough.md", "bash"))


def test_links_lead_somewhere():
    """Every relative link of README and docs names a file that is there."""
    lost = []
    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                lost.append(f"{page.name}: {target}")
    assert lost == []
