"""JSON objects in logs: strict, quick, and never with two meanings."""

from __future__ import annotations

import json
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
        if text.count(":") > _keys(content):
            json.loads(text, object_pairs_hook=_unique)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("damaged JSON") from None
    return content


def _keys(content: object) -> int:
    """Keys at every level: as many as the text has colons, but for those inside strings."""
    if isinstance(content, dict):
        return len(content) + sum(map(_keys, content.values()))
    return sum(map(_keys, content)) if isinstance(content, list) else 0


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a JSON key said twice")


_DECODER = msgspec.json.Decoder(dict[str, Any])
