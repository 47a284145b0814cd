"""From what callers write to what the engine reads: user ids, times, free text.

Two kinds of field. The caller's own (user id, time, event id) are checked, and refused when they
are wrong. The browser's (agent, address) are never refused: whoever logs in must not choose the
failure path of the server that asks.
"""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

from authrisk.event import NS_PER_S
from authrisk.service.problems import Problem

LONGEST_ID = 256
"""Bytes of a user id or event id."""
LARGEST_USER_NUMBER = 2**63
LONGEST_AGENT = 1024
"""Characters of a user agent that are looked at and kept."""
LONGEST_ADDRESS = 64

EARLIEST_S = 946_684_800
"""2000-01-01."""
LATEST_S = 4_133_980_800
"""2101-01-01: the year 2100 is the last."""

_DECIMAL = re.compile(r"[0-9]{1,19}(?:\.[0-9]{1,9})?")


def user_id_text(value: int | str, pointer: str = "/userID") -> str:
    """The user id as text, digit for digit; raises Problem 422.

    >>> user_id_text(1023937207516135485)
    '1023937207516135485'
    """
    if isinstance(value, str):
        return identifier(value, pointer)
    if not 0 <= value <= LARGEST_USER_NUMBER:
        raise Problem(422, "is not between 0 and 2^63", pointer)
    return str(value)


def identifier(text: str, pointer: str) -> str:
    """The text itself when it may serve as an id; raises Problem 422."""
    if not text:
        raise Problem(422, "is empty", pointer)
    if not (text.isascii() and text.isprintable()):
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
            raise Problem(422, "holds a control character", pointer)
        if len(text.encode()) > LONGEST_ID:
            raise Problem(422, f"is longer than {LONGEST_ID} bytes", pointer)
    if len(text) > LONGEST_ID:
        raise Problem(422, f"is longer than {LONGEST_ID} bytes", pointer)
    return text


def time_ns(value: float | str, pointer: str = "/timestamp") -> int:
    """Nanoseconds since 1970 of a number of s, ms, us or ns, told apart by its magnitude.

    Numbers of these units between the years 2000 and 2100 do not overlap. Raises Problem 422
    outside them.

    A float stands for the shortest decimal number that reads back to it.

    >>> time_ns(1589912560), time_ns("1589912560607"), time_ns(1589912560.5)
    (1589912560000000000, 1589912560607000000, 1589912560500000000)
    """
    if isinstance(value, str):
        if _DECIMAL.fullmatch(value) is None:
            raise Problem(422, "is not a number of s, ms, us or ns since 1970", pointer)
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value)) if math.isfinite(value) else Decimal(0)
    else:
        number = Decimal(value)
    for scale in (NS_PER_S, 1_000_000, 1_000, 1):
        per_second = NS_PER_S // scale
        if EARLIEST_S * per_second <= number < LATEST_S * per_second:
            return int(number * scale)  # at most 28 digits, which Decimal multiplies exactly
    raise Problem(422, "is not a time between the years 2000 and 2100", pointer)


def free_text(text: str | None, longest: int) -> str | None:
    """Text from the browser, cut to what is kept; half a surrogate pair becomes U+FFFD.

    >>> free_text("Mozilla\\ud800", 9)
    'Mozilla�'
    """
    if text is None or (text.isascii() and len(text) <= longest):
        return text
    whole = text[:longest].encode("utf-16-le", "surrogatepass")
    return whole.decode("utf-16-le", "replace")
