"""Nested documents addressed by dotted paths."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

MISSING: Any = object()
"""What stands at a path where nothing stands; None is a value of its own."""


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Set what stands at a dotted path, making the objects on the way.

    >>> document = {}
    >>> put(document, "source.geo.city_name", "Oslo")
    >>> document
    {'source': {'geo': {'city_name': 'Oslo'}}}
    """
    *parents, last = path.split(".")
    for name in parents:
        document = document.setdefault(name, {})
    document[last] = value


def pick(document: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path, however its keys are nested or joined; else `MISSING`.

    >>> pick({"source": {"geo.city_name": "Oslo"}}, "source.geo.city_name")
    'Oslo'
    >>> pick({"source": "x"}, "source.ip") is MISSING
    True
    """
    if path in document:
        return document[path]
    at = path.rfind(".")
    while at > 0:
        inner = document.get(path[:at])
        if isinstance(inner, Mapping):
            found = pick(inner, path[at + 1 :])
            if found is not MISSING:
                return found
        at = path.rfind(".", 0, at)
    return MISSING


def flatten(document: Mapping[str, Any], depth: int = 6) -> dict[str, Any]:
    """What `pick` finds, for every path of at most `depth` joined keys, at once.

    >>> flatten({"source": {"geo.city_name": "Oslo"}, "tags": ["a"]})
    {'tags': ['a'], 'source.geo.city_name': 'Oslo'}
    """
    flat: dict[str, Any] = {}
    nested: list[str] = []
    for key, value in document.items():
        if type(value) is dict:
            nested.append(key)
        else:
            flat[key] = value
    if depth > 1 and nested:
        if len(nested) > 1 and any("." in key for key in nested):
            nested.sort(key=len, reverse=True)
        for key in nested:
            for path, value in flatten(document[key], depth - 1).items():
                flat.setdefault(f"{key}.{path}", value)
    return flat


def is_address(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address: both schemas take nothing else for one."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
