"""Reading many lines at a time: from a pipe, what has come is given at once."""

from __future__ import annotations

import os
import sys

import pytest

from authrisk.logs.columnar import read_blocks
from authrisk.logs.reader import Source


def test_a_pipe_gives_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole lines are given while the writer waits; the rest of a line waits for its end."""
    out, into = os.pipe()
    with os.fdopen(out, "rb") as reading, os.fdopen(into, "wb", buffering=0) as writing:
        monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": reading}))
        blocks = read_blocks(Source("stdin", None))
        writing.write(b"one\ntwo\nthr")
        assert next(blocks).texts.to_list() == ["one", "two"]
        writing.write(b"ee\n")
        assert next(blocks).texts.to_list() == ["three"]
        writing.write(b"four")
        writing.close()
        assert [(b.texts.to_list(), b.numbers.to_list()) for b in blocks] == [(["four"], [4])]
