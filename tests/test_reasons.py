"""Reasons: facts that are true, in the order of what they add, and in plain words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.features.catalogue import FEATURES, GROUPS, F, column
from authrisk.reasons import FACTS, MAX_REASONS, NOTABLE_BITS, codes, explain, holding

EVENT = LoginEvent(
    event_id="1", timestamp_ns=0, user_id="u", src_country="VN", src_asn=0, browser="Firefox",
    app="mail", os="", device_type="mobile",
)  # fmt: skip
CODES = [fact.code for fact in FACTS]


def row(*names: str) -> np.ndarray:
    """A scaled current row (1, F) with these 0/1 columns set."""
    out = np.zeros((1, F), np.float32)
    for name in names:
        out[0, column(name)] = 1.0
    return out


def bits(**groups: float) -> np.ndarray:
    out = np.zeros((1, len(GROUPS)), np.float32)
    for name, value in groups.items():
        out[0, GROUPS.index(name)] = value
    return out


def test_facts() -> None:
    """Each fact has a code of its own, a group of its columns, a message and a weakness, and
    reads 0/1 columns only: a scaled column would never be exactly 1."""
    assert len(set(CODES)) == len(CODES)
    assert {"unusual_time", "no_history"}.isdisjoint(CODES)
    for fact in FACTS:
        assert fact.message[0].isupper()
        assert fact.weakness.endswith(".")
        assert fact.group in GROUPS
        assert fact.field is None or hasattr(EVENT, fact.field)
        assert ("{observed}" not in fact.message) or fact.field is not None
        for name in fact.columns:
            feature = FEATURES[column(name)]
            assert feature.unit == "0/1"
            assert feature.group == fact.group


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.code)
def test_a_fact_holds_when_its_column_says_so(fact) -> None:
    """Any one of its columns is enough, no other makes it hold; without history only facts that
    need none hold."""
    at = CODES.index(fact.code)
    for name in fact.columns:
        assert holding(row(name))[0, at]
        assert holding(row(name, "first"))[0, at] == (not fact.needs_history)
    others = [f.name for f in FEATURES if f.unit == "0/1" and f.name not in fact.columns]
    assert not holding(row(*others))[0, at]


def test_order() -> None:
    """Facts come by their group's bits; of one group, in the order of FACTS."""
    found = row("country_new", "asn_new", "browser_new", "os_new")
    assert codes(found, bits(client=3.0, network=2.0, place=1.0)) == [
        "new_browser;new_os;new_network;new_country"
    ]
    assert codes(found, bits(place=3.0)) == ["new_country;new_network;new_browser;new_os"]


def test_bits_do_not_invent_facts() -> None:
    """A surprise without a fact is named for the time alone; a fact that lowers the score still
    is a fact, without bits."""
    assert codes(row(), bits(place=9.0, client=9.0)) == [""]
    assert codes(row(), bits(time=NOTABLE_BITS)) == ["unusual_time"]
    assert codes(row(), bits(time=NOTABLE_BITS - 0.01)) == [""]
    (reason,) = explain(row("country_new"), bits(place=-2.0), EVENT, [])
    assert (reason.code, reason.bits) == ("new_country", None)


def test_words() -> None:
    """What was observed and what is usual are shown as the log wrote them; 0 is a value."""
    past = [
        LoginEvent(event_id="a", timestamp_ns=0, user_id="u", src_country="NO", src_asn=1),
        LoginEvent(event_id="b", timestamp_ns=1, user_id="u", src_country="NO"),
        LoginEvent(event_id="c", timestamp_ns=2, user_id="u", src_country="SE"),
    ]
    found = explain(row("country_new", "asn_new"), bits(place=9.126, network=1.0), EVENT, past)
    assert [(r.code, r.message, r.bits, r.observed, r.usual) for r in found] == [
        ("new_country", "First login from VN", 9.13, "VN", "NO"),
        ("new_network", "First login through network AS0", 1.0, "0", "1"),
    ]


def test_hidden_values_have_words() -> None:
    """A value that is hidden for the first time is told in words, never as None."""
    hidden = LoginEvent(event_id="1", timestamp_ns=0, user_id="u")
    for fact in FACTS:
        (reason,) = explain(row(*fact.columns), bits(), hidden, [])
        assert reason.observed is None
        assert "None" not in reason.message
        assert "{" not in reason.message


def test_no_history() -> None:
    """A first login says so; nothing of it is called new."""
    news = [f.name for f in FEATURES if f.name.endswith("_new")]
    (reason,) = explain(row("first", *news), bits(place=9.0), EVENT, [])
    assert reason.code == "no_history"


@settings(max_examples=50, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sets(st.sampled_from([f.name for f in FEATURES if f.unit == "0/1"])),
            st.lists(st.floats(-20, 20, width=32), min_size=len(GROUPS), max_size=len(GROUPS)),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_many_at_once_are_as_one_by_one(drawn) -> None:
    """Reasons of a batch are those of each login, at most MAX_REASONS, none twice; words and
    codes agree."""
    rows = np.concatenate([row(*names) for names, _ in drawn])
    parts = np.array([values for _, values in drawn], np.float32)
    together = codes(rows, parts)
    for i, text in enumerate(together):
        assert codes(rows[i : i + 1], parts[i : i + 1]) == [text]
        found = explain(rows[i : i + 1], parts[i : i + 1], EVENT, [])
        assert ";".join(reason.code for reason in found) == text
        assert len(found) <= MAX_REASONS
        assert len({reason.code for reason in found}) == len(found)
        assert all(reason.bits is None or reason.bits >= 0 for reason in found)
