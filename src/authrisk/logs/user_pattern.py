"""Expressions for messages with a user name in the middle, which a visitor typed."""

from __future__ import annotations

import re


class UserPattern:
    r"""An expression that reads a whole text in one way or not at all.

    `<USER>` stands for the user name, any text; it becomes the group `user`. A name that holds a
    copy of what follows it gives two readings, a short and a long name: such a text is refused.

    >>> pattern = UserPattern(r"login of <USER> from (?P<source>\S+)")
    >>> pattern.fullmatch("login of a b from 1.2.3.4")["user"]
    'a b'
    >>> pattern.fullmatch("login of a from 1.2.3.4 or b from 6.6.6.6")["user"]
    'a from 1.2.3.4 or b'
    >>> UserPattern(r"user <USER> not found: .*").fullmatch("user a not found: b not found: /")
    Traceback (most recent call last):
    ...
    ValueError: ambiguous user name
    """

    def __init__(self, text: str) -> None:
        before, after = text.split("<USER>")
        self._shortest = re.compile(f"{before}(?P<user>.*?){after}")
        self._longest = re.compile(f"{before}(?P<user>.*){after}")

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The match, None when there is none; raises ValueError when there are two."""
        match = self._longest.fullmatch(text)
        if match is None:
            return None
        shortest = self._shortest.fullmatch(text)
        if shortest is None or shortest["user"] != match["user"]:
            raise ValueError("ambiguous user name")
        return match
