"""Which log formats are installed: the entry points of the group `authrisk.formats`."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from authrisk.errors import FormatError
from authrisk.logs.parser import Parser

GROUP = "authrisk.formats"


def formats() -> dict[str, Parser]:
    """Every installed format by name, in the order of names.

    Raises FormatError that names each entry point which does not load, its package and why.
    """
    parsers: dict[str, Parser] = {}
    faults: list[str] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            parser = load(point)
        except FormatError as error:
            faults.append(error.what)
            continue
        if point.name in parsers and parsers[point.name] is not parser:
            faults.append(f"two packages bring a format {point.name!r}")
        parsers[point.name] = parser
    if faults:
        raise FormatError("; ".join(faults), remedy="repair or uninstall the package")
    return parsers


def format_named(name: str) -> Parser:
    """The installed format of that name, or the one that a `.toml` description at that path makes.

    Raises FormatError when there is none, naming those that there are; only the format asked for
    is loaded, so a broken package does not stand in the way of another.
    """
    if name.endswith(".toml"):
        from authrisk.logs.formats.generic import load_description

        return load_description(Path(name))
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted(found))
        raise FormatError(
            f"no log format is called {name!r}",
            remedy=f"known: {known}; or give the path of a .toml description",
        )
    return load(found[name])


def docstring_of(name: str) -> str:
    """What the module of an installed format says of it; empty for a description, which has none.

    The module is that of the entry point: the parser's class may be one that many formats share.
    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    return inspect.getdoc(import_module(found[name].module)) or "" if name in found else ""


def load(point: EntryPoint) -> Parser:
    """The parser that an entry point names; raises FormatError when it cannot be had."""
    package = f" of {point.dist.name}" if point.dist is not None else ""
    who = f"format {point.name!r}{package} ({point.value})"
    try:
        parser = point.load()
    except (ImportError, AttributeError, SyntaxError, TypeError, ValueError, OSError) as error:
        raise FormatError(f"{who} does not load: {type(error).__name__}: {error}") from error
    if not isinstance(parser, Parser):
        raise FormatError(f"{who} is no parser: it lacks a part of authrisk.logs.parser.Parser")
    if parser.name != point.name:
        raise FormatError(f"{who} calls itself {parser.name!r}")
    return parser
