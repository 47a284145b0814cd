"""User names with line breaks, which some servers write raw into their logs."""

from __future__ import annotations


class NameBreak:
    """Tells which lines may be the rest of a name that a line began and did not end.

    A server that cuts names at some length writes no more of one than that; so many characters
    after the line that began it may be the visitor's text, whatever they look like.

    >>> rest = NameBreak(longest=20)
    >>> rest.begin()
    >>> [rest.covers(text) for text in ("a forged line", "'@'host' (..)", "a line")]
    [True, True, False]
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._left = 0

    def begin(self) -> None:
        """A line began a name and did not end it."""
        self._left = self._longest

    def covers(self, text: str) -> bool:
        """Whether the next line may be of that name."""
        if self._left <= 0:
            return False
        self._left -= len(text) + 1
        return True
