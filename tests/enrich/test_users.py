"""User ids of several logs are brought together, only as the file says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.enrich.users import UserMapping, read_user_mapping
from authrisk.errors import InputError
from authrisk.event import LoginEvent
from authrisk.eventlog import to_events, to_frame

USERS = ["ada", "ADA", "CORP\\ada", "ada@corp.example.org", "ada@other.org", "adm-ada", "@x", "a@"]


def mapping_of(path: Path, text: str) -> UserMapping:
    file = path / "users.toml"
    file.write_text(text)
    return read_user_mapping(file)


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("", USERS),
        (
            'case = "fold"',
            ["ada", "ada", "corp\\ada", "ada@corp.example.org", "ada@other.org", *USERS[5:]],
        ),
        (
            'strip_domains = ["corp", "Corp.Example.org"]',
            ["ada", "ADA", "ada", "ada", "ada@other.org", *USERS[5:]],
        ),
        ('strip_domains = "all"', ["ada", "ADA", "ada", "ada", "ada", *USERS[5:]]),
        ('[aliases]\nadm-ada = "ada"', [*USERS[:5], "ada", *USERS[6:]]),
        ('case = "fold"\nstrip_domains = "all"\n[aliases]\nADM-ada = "ada"',
         ["ada", "ada", "ada", "ada", "ada", "ada", "@x", "a@"]),
    ],
)  # fmt: skip
def test_only_what_the_file_says_changes(tmp_path: Path, text: str, users: list[str]) -> None:
    """Domains, case and aliases, each on its own and together."""
    assert [mapping_of(tmp_path, text).user(user) for user in USERS] == users


@given(st.lists(st.sampled_from([*USERS, None]), max_size=20), st.booleans())
def test_tables_and_events_agree(users: list[str | None], fold: bool) -> None:
    """A table is mapped as its events are, and only in the user's id; twice is once."""
    mapping = UserMapping(fold_case=fold, domains=None, aliases={"adm-ada": "ada"})
    events = [
        LoginEvent(event_id=str(n), timestamp_ns=n, user_id=user, user_name=user)
        for n, user in enumerate(users)
    ]
    mapped = list(to_events(mapping.frame(to_frame(events))))
    assert mapped == [mapping.event(event) for event in events]
    assert [event.user_name for event in mapped] == users
    assert [mapping.event(event) for event in mapped if "\\" not in (event.user_id or "")] == [
        event for event in mapped if "\\" not in (event.user_id or "")
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("case = 1", "`case`"),
        ('strip_domains = "corp"', "`strip_domains`"),
        ("strip_domains = [1]", "`strip_domains`"),
        ('[aliases]\na = ""', "`aliases`"),
        ('[aliases]\na = "b"\nb = "c"', "'b' is another's alias"),
        ("domain = 1", "unknown key `domain`"),
        ("case =", "no TOML"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, what: str) -> None:
    """Each with the file and how it should be."""
    with pytest.raises(InputError, match=what) as caught:
        mapping_of(tmp_path, text)
    assert "users.toml" in str(caught.value)
