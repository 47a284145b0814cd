"""Flat documents hold what their nested paths hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from authrisk.export.document import flatten, pick

NAMES = st.sampled_from(["a", "b", "a.b", "b.c", "a.b.c"])
DOCUMENTS = st.recursive(
    st.integers(0, 9), lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
).filter(lambda value: isinstance(value, dict))


@given(DOCUMENTS)
def test_a_flat_document_holds_what_pick_finds(document) -> None:
    """However keys are nested or joined, also where two spellings of a path stand."""
    for path, value in flatten(document, 9).items():
        found = pick(document, path)
        assert isinstance(found, dict) or found == value
