"""One name per person: how the user ids of several logs are brought together.

An explicit step, told in a TOML file, because it decides whose logins are compared with whose:

    case = "fold"                          # or "keep", the default
    strip_domains = ["CORP", "corp.example.org"]   # or "all"; the default is none
    [aliases]
    "adm-ada" = "ada"

Only `user_id` changes; `user_name` and `user_domain` stay as the log wrote them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec.structs
import polars as pl

from authrisk.errors import InputError
from authrisk.event import LoginEvent


@dataclass(frozen=True, slots=True)
class UserMapping:
    """Domain first, then case, then alias; each at most once, so the order of a file is no matter.

    >>> mapping = UserMapping(fold_case=True, domains=frozenset({"corp"}), aliases={"adm": "ada"})
    >>> [mapping.user(u) for u in ("CORP\\\\Adm", "ADA@corp", "ada@other.org", None)]
    ['ada', 'ada', 'ada@other.org', None]
    """

    fold_case: bool = False
    domains: frozenset[str] | None = frozenset()
    """Domains to leave out, casefolded; None is every domain."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Another name of a user (folded where case is) -> the user."""

    def user(self, user_id: str | None) -> str | None:
        """The one name of a user; a user that the log hides stays None."""
        if user_id is None:
            return None
        name = self._without_domain(user_id)
        if self.fold_case:
            name = name.casefold()
        return self.aliases.get(name, name)

    def event(self, event: LoginEvent) -> LoginEvent:
        """The event with the one name of its user."""
        user = self.user(event.user_id)
        return event if user == event.user_id else msgspec.structs.replace(event, user_id=user)

    def frame(self, events: pl.DataFrame) -> pl.DataFrame:
        """The same for a table."""
        spellings = {
            user: name
            for user in events["user_id"].unique().drop_nulls()
            if (name := self.user(user)) != user
        }
        if not spellings:
            return events
        return events.with_columns(events["user_id"].replace(spellings))

    def _without_domain(self, user_id: str) -> str:
        domain, slash, name = user_id.partition("\\")
        if not slash:
            name, at, domain = user_id.rpartition("@")
            if not at:
                return user_id
        known = self.domains is None or domain.casefold() in self.domains
        return name if name and domain and known else user_id


def read_user_mapping(path: Path) -> UserMapping:
    """The mapping of a TOML file; raises InputError naming every mistake in it."""
    where = str(path)
    remedy = "keys: case = keep or fold, strip_domains = a list or 'all', [aliases]"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", where=where) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is no TOML: {error}", where=where, remedy=remedy) from None
    faults = _faults(content)
    if faults:
        raise InputError("; ".join(faults), where=where, remedy=remedy)
    fold = content.get("case", "keep") == "fold"
    domains = content.get("strip_domains", [])
    return UserMapping(
        fold_case=fold,
        domains=None if domains == "all" else frozenset(d.casefold() for d in domains),
        aliases={
            (other.casefold() if fold else other): user
            for other, user in content.get("aliases", {}).items()
        },
    )


def _faults(content: Mapping[str, Any]) -> list[str]:
    faults = [f"unknown key `{key}`" for key in sorted(set(content) - _KEYS)]
    if content.get("case", "keep") not in ("keep", "fold"):
        faults.append("`case` is neither keep nor fold")
    domains = content.get("strip_domains", [])
    if domains != "all" and not (isinstance(domains, list) and _texts(domains)):
        faults.append("`strip_domains` is neither a list of domains nor 'all'")
    aliases = content.get("aliases", {})
    if not isinstance(aliases, dict) or not _texts(list(aliases.values())):
        faults.append("`aliases` does not hold names only")
    elif chained := sorted(set(aliases) & set(aliases.values()) - _own(aliases)):
        faults.append(f"`aliases`: {chained[0]!r} is another's alias and has one itself")
    return faults


def _texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) and value for value in values)


def _own(aliases: Mapping[str, str]) -> set[str]:
    return {other for other, user in aliases.items() if other == user}


_KEYS = {"case", "strip_domains", "aliases"}
