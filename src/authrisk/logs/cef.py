"""Common Event Format (ArcSight) and Log Event Extended Format (QRadar): header and pairs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class SecurityRecord(NamedTuple):
    """One record of either format."""

    header: Sequence[str]
    """Vendor, product, version, event id, and of CEF name and severity."""
    fields: dict[str, str]


def read_cef(text: str) -> SecurityRecord | None:
    r"""The record of a text that begins with it, None when it does not.

    Raises ValueError when a key stands twice: values may hold spaces, and a producer that forgets
    to escape `=` in them lets a visitor write pairs.

    >>> read_cef(r"CEF:0|V|P|1|7|a \| b|3|suser=a b msg=x\=y").fields
    {'suser': 'a b', 'msg': 'x=y'}
    >>> read_cef("LEEF:2.0|V|P|1|login|^|usrName=a b^src=1.2.3.4").fields
    {'usrName': 'a b', 'src': '1.2.3.4'}
    """
    start = _START.match(text)
    if start is None:
        return None
    is_cef = start[1] == "CEF"
    header = _CEF.match(text, start.end()) if is_cef else _LEEF.match(text, start.end())
    if header is None:
        return None
    rest = text[header.end() :]
    words = [_ESCAPE.sub(r"\1", word) for word in _SPLIT.split(header[1])]
    if is_cef:
        return SecurityRecord(words, _extension(rest))
    delimiter = "\t"
    if start[2][0] == "2":
        named, bar, after = rest.partition("|")
        if bar and len(named) <= 4:
            rest, delimiter = after, _delimiter(named)
    return SecurityRecord(words, _pairs(rest, delimiter))


def _extension(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    keys = list(_KEY.finditer(text))
    for match, following in zip(keys, [*keys[1:], None], strict=True):
        end = len(text) if following is None else following.start()
        if match[1] in fields:
            raise ValueError("a key said twice")
        fields[match[1]] = _ESCAPE.sub(_unescaped, text[match.end() : end].rstrip())
    return fields


def _pairs(text: str, delimiter: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for pair in text.split(delimiter):
        key, equals, value = pair.partition("=")
        if not equals:
            continue
        if key in fields:
            raise ValueError("a key said twice")
        fields[key] = value
    return fields


def _delimiter(named: str) -> str:
    """A character, or its code as `x5E` or `0x5E`."""
    code = _CODE.fullmatch(named)
    return chr(int(code[1], 16)) if code is not None else named[:1] or "\t"


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", "r": "\r"}.get(match[1], match[1])


_START = re.compile(r"(CEF|LEEF):([0-9.]{1,4})\|")
_WORD = r"(?:[^|\\]|\\.)*+"
_CEF = re.compile(rf"((?:{_WORD}\|){{5}}{_WORD})\|")
_LEEF = re.compile(rf"((?:{_WORD}\|){{3}}{_WORD})\|")
_SPLIT = re.compile(r"(?<!\\)\|")
_KEY = re.compile(r"(?:^|(?<= ))([A-Za-z][\w.\[\]-]{0,63})=")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CODE = re.compile(r"0?x([0-9A-Fa-f]{1,4})")
