"""`authrisk keys` and a service that asks for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from authrisk.cli.app import main
from authrisk.service.keys import KeyRing


def made(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["keys", *arguments]) == 0
    out = capsys.readouterr().out.strip()
    assert re.fullmatch(r"ark_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", out)
    return out


def test_the_life_of_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Created, listed, rotated with overlap, revoked: each step is what the service then takes."""
    path = tmp_path / "keys.json"
    first = made(capsys, "create", str(path), "--name", "idp", "--scope", "score")
    assert KeyRing(path).find(first, 0) is not None
    assert main(["keys", "create", str(path), "--name", "idp", "--scope", "score"]) == 2
    assert "rotate" in capsys.readouterr().err
    second = made(capsys, "rotate", str(path), "--name", "idp", "--overlap-hours", "2")
    ring = KeyRing(path)
    old, new = (ring.find(text, 0) for text in (first, second))
    assert old is not None and new is not None
    assert new.scopes == old.scopes == ("score",)
    assert old.expires is not None
    assert ring.find(first, old.expires - 1) is not None
    assert ring.find(first, old.expires) is None
    assert main(["keys", "list", str(path)]) == 0
    shown = capsys.readouterr().out
    assert shown.count("idp") == 2
    assert first not in shown
    assert second not in shown
    assert main(["keys", "revoke", str(path), "idp"]) == 0
    assert KeyRing(path).find(second, 0) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "{}", "--name", "a b", "--scope", "score"], "no name of a key"),
        (["create", "{}", "--name", "a", "--scope", "all"], "is no scope"),
        (["rotate", "{}", "--name", "a"], "cannot be read"),
        (["revoke", "{}", "a"], "cannot be read"),
        (["list", "{}"], "cannot be read"),
    ],
)
def test_refusals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """Each names what is wrong and leaves no file behind."""
    path = tmp_path / "keys.json"
    assert main(["keys", *(a.format(path) for a in arguments)]) == 2
    assert said in capsys.readouterr().err
    assert not path.exists()
