"""A log format whose lines are JSON records: a record's type and a function make the parser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from authrisk.event import LoginEvent
from authrisk.logs.format_facts import FormatFacts
from authrisk.logs.json_records import Document, Envelope, json_objects
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.record_clock import RecordClock

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFormat(FormatFacts, Generic[R]):
    """A parser of JSON records, in every layout that `json_objects` and `Envelope` know."""

    record: type[R]
    """A msgspec Struct of the keys that matter, all with defaults; the rest is skipped unread."""
    ours: Callable[[R], bool]
    """Whether a record surely is of this format."""
    read: Callable[[R, str, RecordClock], LoginEvent | str]
    """(record, id for records without one, clock) -> the login, or why the record is none.
    A ValueError is the cause to reject it."""
    telltales: Sequence[str] = ()
    """Texts of which each login holds one: a record without any is not decoded. (They are no
    marks of lines, since a record may be printed over several.)"""
    telltale_key: str = ""
    """When each login says its telltale shortly after this text, such as `"eventName"`: one search
    then serves for all telltales."""
    envelopes: Sequence[str] = ()
    """Paths of the arrays or objects that hold records (`Envelope`)."""

    def claims(self, head: Sequence[str]) -> bool:
        """Whether a record of the first lines surely is of this format."""
        decoder, envelope = msgspec.json.Decoder(self.record), Envelope(self.envelopes)
        lines = (Line("", number, text) for number, text in enumerate(head, 1))
        for piece in json_objects(lines, self._lists()):
            if isinstance(piece, Line):
                try:
                    documents = envelope.open(piece.text)
                    if any(self.ours(decoder.decode(document)) for document in documents):
                        return True
                except _DAMAGE:
                    continue
        return False

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """An item for each record, in order."""
        clock, telltales, key = RecordClock(settings), self.telltales, self.telltale_key
        decoder, envelope = msgspec.json.Decoder(self.record), Envelope(self.envelopes)
        place = (0, "")
        index = 0
        for piece in json_objects(lines, self._lists()):
            if not isinstance(piece, Line):
                yield piece
                continue
            text = piece.text
            if telltales and not _said(key, telltales, text):
                yield Ignored(piece, "no login")
                continue
            try:
                documents = envelope.open(text)
            except _DAMAGE:
                yield Rejected(piece, "damaged JSON")
                continue
            index = index if place == (piece.number, piece.file) else 0
            place = (piece.number, piece.file)
            for document in documents:
                yield self._item(piece, index, document, decoder, clock)
                index += 1
            if not documents:
                yield Ignored(piece, "no records")

    def _item(
        self,
        line: Line,
        index: int,
        document: Document,
        decoder: msgspec.json.Decoder[R],
        clock: RecordClock,
    ) -> Item:
        try:
            record = decoder.decode(document)
        except msgspec.ValidationError:
            return Rejected(line, "a field of another type than this format's")
        except _DAMAGE:
            return Rejected(line, "damaged JSON")
        place = f"{line.file}:{line.number}"
        try:
            found = self.read(record, f"{place}#{index}" if index else place, clock)
        except ValueError as error:
            return Rejected(line, str(error))
        return Ignored(line, found) if isinstance(found, str) else found

    def _lists(self) -> Sequence[str]:
        return [path.rpartition(".")[2] for path in self.envelopes]


def _said(key: str, telltales: Sequence[str], text: str) -> bool:
    if not key:
        for telltale in telltales:  # noqa: SIM110 (any() of a generator takes twice the time)
            if telltale in text:
                return True
        return False
    at = text.find(key)
    while at >= 0:
        at += len(key)
        near = text[at : at + _NEAR]
        for telltale in telltales:
            if telltale in near:
                return True
        at = text.find(key, at)
    return False


_NEAR = 48
_DAMAGE = (msgspec.DecodeError, RecursionError, UnicodeEncodeError)
