"""Lines of key=value pairs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.logs.logfmt import read_logfmt

KEYS = st.text(alphabet="abc_", min_size=1, max_size=4)
VALUES = st.text(st.characters(min_codepoint=32, exclude_categories=["C", "Z"]), max_size=12)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_quoted_pairs_come_back(pairs: dict[str, str]) -> None:
    """A value says nothing but itself, whatever quotes and signs it holds."""
    quoted = (f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in pairs.items())
    assert read_logfmt(" ".join(quoted)) == pairs


@pytest.mark.parametrize("text", ["a=1 a=2", 'a="1" b', "=1", 'a="open', 'a="1"b=2'])
def test_what_is_no_pair_is_refused(text: str) -> None:
    """Damage and a key that is said twice are errors, never half an answer."""
    with pytest.raises(ValueError, match=r"key"):
        read_logfmt(text)
