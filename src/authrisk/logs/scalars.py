"""Single values of JSON records, in the spellings that logs use for "not said"."""

from __future__ import annotations

from authrisk.logs.country_names import country_named

Scalar = str | int | float | bool | None
"""What a record may hold where one value is meant."""


def text_of(value: Scalar = None, *others: Scalar) -> str | None:
    """The first value that says something, as text; numbers digit for digit.

    >>> text_of(None, "N/A", " ", 42), text_of(True), text_of("-")
    ('42', None, None)
    """
    if type(value) is str:
        if len(value) > _LONGEST_UNSAID:  # by far the most frequent
            return value.strip() or text_of(*others or _NOTHING)
        text = value.strip()
        if text.casefold() not in _UNSAID:
            return text
    elif type(value) is int:
        return str(value)
    return text_of(*others) if others else None


def number_of(value: Scalar) -> int | None:
    """A whole number that is not negative, also one written as text.

    >>> number_of("443"), number_of(7.5), number_of("-1")
    (443, None, None)
    """
    if type(value) is int:
        return value if 0 <= value < _LARGEST else None
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 18:
        return int(value)
    return None


def truth_of(value: Scalar) -> bool | None:
    """A yes or no, also one written as text.

    >>> truth_of("Yes"), truth_of(False), truth_of("maybe"), truth_of(None)
    (True, False, None, None)
    """
    if type(value) is bool:
        return value
    return _TRUTHS.get(value.casefold()) if type(value) is str else None


def degrees_of(latitude: Scalar, longitude: Scalar) -> tuple[float | None, float | None]:
    """A place; (None, None) when a part is missing or out of range, or both are zero.

    Services write 0, 0 for a place that they do not know.

    >>> degrees_of(55.752, "37.615"), degrees_of(0, 0), degrees_of(1, None)
    ((55.752, 37.615), (None, None), (None, None))
    """
    if latitude is None or longitude is None:
        return None, None
    north, east = _degrees(latitude, 90), _degrees(longitude, 180)
    if north is None or east is None or (north == 0 and east == 0):
        return None, None
    return north, east


def country_of(value: Scalar) -> str | None:
    """An ISO 3166-1 alpha-2 code, of a code or a country's English name; None for anything else.

    >>> country_of("us"), country_of("United States"), country_of("Unknown")
    ('US', 'US', None)
    """
    text = text_of(value)
    if text is None or len(text) != 2:
        return None if text is None else country_named(text)
    return text.upper() if text.isascii() and text.isalpha() else None


def _degrees(value: Scalar, limit: int) -> float | None:
    if type(value) is str and len(value) < 32:
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is float or type(value) is int:
        return float(value) if -limit <= value <= limit else None
    return None


_UNSAID = frozenset(("", "-", "--", "n/a", "na", "null", "none", "unknown", "undefined", "nil"))
_LONGEST_UNSAID = max(map(len, _UNSAID))
_NOTHING = (None,)
_LARGEST = 10**18
_TRUTHS = {
    "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False,
}  # fmt: skip
