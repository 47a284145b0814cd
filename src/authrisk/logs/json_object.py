"""JSON objects in logs: strict, quick, and never with two meanings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec


def read_object(text: str) -> dict[str, Any]:
    """The object of a whole text; raises ValueError with the cause.

    A key that stands twice in one object is refused: servers that glue JSON together let a user
    agent such as `x","username":"someone` say a field again.

    >>> read_object('{"a": "b:c"}')
    {'a': 'b:c'}
    >>> read_object('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ...
    ValueError: a JSON key said twice
    """
    try:
        content = _DECODER.decode(text)
        if len(_KEY_ENDS.findall(text)) > _keys(content):
            json.loads(text, object_pairs_hook=_unique)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("damaged JSON") from None
    return content


def object_of(text: str) -> dict[str, Any] | None:
    """As `read_object`, but None where that raises."""
    try:
        return read_object(text)
    except ValueError:
        return None


def text_at(content: Mapping[str, Any], key: str) -> str | None:
    """The text of a key; None when it is empty, no text, or missing.

    >>> text_at({"a": "b", "c": 1, "d": ""}, "a"), text_at({"c": 1}, "c"), text_at({"d": ""}, "d")
    ('b', None, None)
    """
    value = content.get(key)
    return value if isinstance(value, str) and value else None


def _keys(content: dict[str, Any]) -> int:
    """Keys at every level: as many as the text has ends of keys, but for those inside strings."""
    count = 0
    waiting: list[Any] = [content]
    while waiting:
        node = waiting.pop()
        values = node
        if type(node) is dict:
            count += len(node)
            values = node.values()
        waiting += [value for value in values if type(value) is dict or type(value) is list]
    return count


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a JSON key said twice")


_KEY_ENDS = re.compile(r'"[ \t\r\n]*+:')
_DECODER = msgspec.json.Decoder(dict[str, Any])
