"""JSON records in logs: one a line, in arrays and envelopes, or printed over many lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from authrisk.logs.parser import Ignored, Line, Rejected

Document = str | msgspec.Raw


def json_objects(
    lines: Iterable[Line], lists: Sequence[str] = ()
) -> Iterator[Line | Ignored | Rejected]:
    """The JSON objects of a log, each as a `Line` of its own; an item for each line without one.

    An object may fill a line, be an element of an array (whole in one line, or one element a line
    with the commas between), or be printed over several lines; it then has the number of its first
    line. `lists` are keys whose array holds the records (`Records`, `value`) when they are printed
    over several lines. An object that does not end within 1 MiB is rejected; so is what has begun
    when an object starts at the left margin or a line is no JSON, and reading goes on there.

    >>> texts = '[{"a":1},', '{"a":2}]', '{', '  "a": 3', '}'
    >>> [item.text for item in json_objects(Line("f", 1, text) for text in texts)
    ...  if isinstance(item, Line)]
    ['{"a":1}', '{"a":2}', '{\\n  "a": 3\\n}']
    """
    printed: _Printed | None = None
    for line in lines:
        text = line.text
        if printed is not None:
            if printed.fits(text):
                yield from printed.take(line)
                if printed.ended:
                    printed = None
                continue
            yield from printed.broken()
            printed = None
        if text[:1] == "{" and text[-1:] == "}":
            yield line
            continue
        bare = text.strip()
        if not bare:
            yield Ignored(line, "blank line")
        elif _OPENING.fullmatch(bare):
            printed = _Printed(frozenset(lists))
            yield from printed.take(line)
            if printed.ended:
                printed = None
        elif "{}" not in bare and not bare.strip("[]{}, "):
            yield Ignored(line, "brackets between records")
        elif bare[0] == "[" and bare[-1] == "]":
            yield from _elements(line, bare)
        else:
            bare = bare.lstrip("[,").rstrip(",]").strip()
            if bare[:1] == "{" and bare[-1:] == "}":
                yield Line(line.file, line.number, bare)
            else:
                yield Rejected(line, "not a JSON object")
    if printed is not None:
        yield from printed.broken()


class Envelope:
    """Unpacks what APIs and buses put around records: `{"Records": [..]}`, `{"detail": {..}}`.

    `paths` are keys, joined by dots, of an array of records or of one record. A record that holds
    no such key near its start is itself.

    >>> [bytes(raw) for raw in Envelope(["value"]).open('{"@odata.count": 2, "value": [{}, {}]}')]
    [b'{}', b'{}']
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = [path.split(".") for path in paths]
        names = "|".join(re.escape(path[0]) for path in self._paths)
        self._marks = re.compile(rf'"(?:{names})"[ \t\n]{{0,9}}:[ \t\n]{{0,99}}[\[{{]')

    def open(self, text: str) -> Sequence[Document]:
        """The records of one JSON object; raises msgspec.DecodeError when it is damaged."""
        if not self._paths or self._marks.search(text, 0, _HEAD) is None:
            return (text,)
        content: msgspec.Raw | None
        for path in self._paths:
            content = msgspec.Raw(text.encode())
            for key in path:
                if content is None or memoryview(content)[0] != _OBJECT_OPENS:
                    content = None
                    break
                content = _OBJECT.decode(content).get(key)
            opening = 0 if content is None else memoryview(content)[0]
            if content is not None and opening == _ARRAY_OPENS:
                return _ARRAY.decode(content)
            if content is not None and opening == _OBJECT_OPENS:
                return (content,)
        return (text,)


class _Printed:
    """The objects of a text printed over several lines, until its outermost bracket closes."""

    def __init__(self, lists: frozenset[str]) -> None:
        self._lists = lists
        self._depth, self._base = 0, 0
        """Open brackets, and how many of them stand around the records."""
        self._parts: list[str] = []
        self._size = 0
        self._first: Line | None = None
        self.ended = False

    def fits(self, text: str) -> bool:
        """Whether a line can go on with what is open."""
        if self._parts and text[:1] == "{":
            return False
        return self._size + len(text) <= _LONGEST and _CONTINUES.match(text) is not None

    def take(self, line: Line) -> Iterator[Line | Ignored]:
        """The objects that end in a line."""
        text = line.text
        if self._first is None and self._depth == self._base > 0 and _is_object(text.strip(", \t")):
            yield Line(line.file, line.number, text.strip(", \t"))
            return
        self._enter_list(text)
        start, found = 0, False
        for token in _BRACKETS.finditer(text):
            bracket = token[0]
            if len(bracket) > 1:  # a string
                continue
            if bracket in "[{":
                if self._depth == self._base and bracket == "[" and not self._first:
                    self._base += 1
                elif self._depth == self._base and self._first is None:
                    self._first, start = line, token.start()
                self._depth += 1
                continue
            self._depth -= 1
            if self._first is not None and self._depth == self._base:
                self._parts.append(text[start : token.end()])
                yield Line(self._first.file, self._first.number, "\n".join(self._parts))
                self._parts, self._size, self._first, found = [], 0, None, True
            elif self._depth < self._base:
                self._base = self._depth
            if self._depth <= 0:
                self.ended = True
                break
        if self._first is not None:
            self._parts.append(text[start:])
            self._size += len(text)
        if not found:
            yield Ignored(line, "part of a record")

    def broken(self) -> Iterator[Rejected]:
        """What had begun and will not end."""
        if self._first is not None:
            yield Rejected(self._first, "JSON object that does not end")

    def _enter_list(self, text: str) -> None:
        """At the key of an array of records, forget the envelope that stood before it."""
        key = _LIST_KEY.match(text) if self._lists and self._base == 0 else None
        if key is not None and key[1] in self._lists:
            self._base = self._depth + text[: key.end()].count("{")
            self._parts, self._size, self._first = [], 0, None


def _is_object(text: str) -> bool:
    if text[:1] != "{" or text[-1:] != "}":
        return False
    try:
        _RAW.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return True


def _elements(line: Line, text: str) -> Iterator[Line | Rejected | Ignored]:
    try:
        elements = _ARRAY.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        yield Rejected(line, "damaged JSON")
        return
    for element in elements:
        yield Line(line.file, line.number, bytes(element).decode())
    if not elements:
        yield Ignored(line, "no records")


_HEAD = 1024
_OBJECT_OPENS, _ARRAY_OPENS = b"{["
_LONGEST = 1 << 20
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW = msgspec.json.Decoder(msgspec.Raw)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_OPENING = re.compile(r'[\[{]|\[ *\{|\{ *"[^"\\]{1,64}" *: *[\[{](?: *\{)?')
_LIST_KEY = re.compile(r'\s{0,64}(?:\{\s{0,9})?"([^"\\]{1,64})"\s{0,9}:\s{0,9}(?=\[)')
_CONTINUES = re.compile(r'\s*+(?:["{}\[\],]|-?[0-9]|true|false|null|\Z)')
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]')
