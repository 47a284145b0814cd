"""Why a login failed, by the words of the product's message."""

from __future__ import annotations

from collections.abc import Sequence


def reason_in(
    message: str | None, words: Sequence[tuple[str, str]], other: str = "other"
) -> str | None:
    """The reason of the first words that stand in a message, in whatever case it writes them.

    `words` are pairs of lower-case words and one of `FAILURE_REASONS`; `other` is the reason of a
    message with none of them. None where the product gives no message.

    >>> words = (("lock", "locked"), ("not found", "unknown_user"))
    >>> reason_in("User Not Found", words), reason_in("no", words), reason_in(None, words)
    ('unknown_user', 'other', None)
    """
    if message is None:
        return None
    said = message.casefold()
    return next((reason for mark, reason in words if mark in said), other)
