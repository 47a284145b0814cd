"""Pairs `key=value`, values quoted or bare, as firewalls, Go programs and Asterisk write them."""

from __future__ import annotations

import re


def read_pairs(text: str, separator: str = " ") -> dict[str, str]:
    r"""The pairs of a whole text; raises ValueError when it is not made of pairs.

    A bare value ends at the separator, a quoted one at its quote; `\"` in quotes is a quote. A key
    that stands twice is refused: a user name with a quote in it could say a field again.

    >>> read_pairs('t=1 user="a \\"b\\" c" group=')
    {'t': '1', 'user': 'a "b" c', 'group': ''}
    >>> read_pairs('A="1",B="2, 3"', ",")
    {'A': '1', 'B': '2, 3'}
    >>> read_pairs('user="x" ip=1.1.1.1 user="y"')
    Traceback (most recent call last):
    ...
    ValueError: a key said twice
    """
    pair = _PAIRS[separator]
    pairs: dict[str, str] = {}
    at, end = 0, len(text.rstrip())
    while at < end:
        match = pair.match(text, at)
        if match is None:
            raise ValueError("not made of key=value pairs")
        key, value = match.groups()
        if key in pairs:
            raise ValueError("a key said twice")
        if value.startswith('"') and len(value) > 1:
            value = value[1:-1]
            if "\\" in value:
                value = _ESCAPE.sub(_unescaped, value)
        pairs[key] = value
        at = match.end()
    return pairs


def _unescaped(match: re.Match[str]) -> str:
    return _CONTROL.get(match[1], match[1])


_CONTROL = {"n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PAIRS = {
    " ": re.compile(r' *+([A-Za-z_][\w.@-]*+)=("(?:[^"\\]|\\.)*+"(?= |$)|[^" ]*+(?= |$)) *+'),
    ",": re.compile(r'[, ]*+([A-Za-z_][\w.@-]*+)=("(?:[^"\\]|\\.)*+"(?=,|$)|[^",]*+(?=,|$)),?+'),
}
