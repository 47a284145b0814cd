"""Request bodies: read up to a cap, and strict JSON (RFC 8259 without its leniencies)."""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from authrisk.service.problems import Problem, problem_of

T = TypeVar("T")

_LONGEST_NUMBER = 20
_TOO_LARGE = 10**_LONGEST_NUMBER


async def read_capped(request: Request, cap: int) -> bytes:
    """The body; raises Problem 413 as soon as it is known to pass the cap, reading no further."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > cap:
        raise _too_large(cap)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > cap:
            raise _too_large(cap)
        parts.append(part)
    return b"".join(parts)


def strict_json(body: bytes) -> Any:
    """The JSON value of a body; raises Problem 400.

    Refused beside what is no JSON: NaN and Infinity, numbers past a double's range, keys that
    occur twice, text after the value, any encoding but UTF-8, and nesting past Python's limit.

    >>> strict_json(b'{"a": [1, 2.5, "x"]}')
    {'a': [1, 2.5, 'x']}
    """
    try:
        return _DECODER.decode(body.decode("utf-8"))
    except json.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except UnicodeDecodeError as error:
        raise Problem(400, f"The body is not UTF-8 from byte {error.start} on.") from None
    except RecursionError:
        raise Problem(400, "The body is nested too deeply.") from None
    except _Refused as error:
        raise Problem(400, str(error)) from None


def typed(value: object, type_: type[T]) -> T:
    """The value as a request type; raises Problem 422 naming the field."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise problem_of(error) from None


class _Refused(Exception):  # noqa: N818 - it ends the reading, it is no error
    """Stricter than the decoder."""


def _too_large(cap: int) -> Problem:
    return Problem(413, f"The body is larger than {cap} bytes.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _Refused("The body names a key twice.")
    return fields


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _Refused("The body holds a number out of range.")
    return number


def _short(text: str) -> int:
    """Exact up to 20 characters; beyond, a number that every range refuses."""
    return int(text) if len(text) <= _LONGEST_NUMBER else _TOO_LARGE


def _constant(_name: str) -> Any:
    raise _Refused("The body holds NaN or Infinity, which are not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_int=_short, parse_constant=_constant
)
