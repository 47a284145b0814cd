"""One record of a Windows event log in XML, as wevtutil and Get-WinEvent write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from authrisk.logs.windows_record import WindowsRecord, event_code, stated
from authrisk.logs.xml_element import read_element


def read_xml(text: str) -> WindowsRecord:
    """The record of one `<Event>` element; raises ValueError when it is none."""
    if len(text) > _LONGEST:
        raise ValueError("longer than any record of Windows")
    root = read_element(text)
    system: ET.Element | None = None
    data: dict[str, Any] = {}
    texts: list[str] = []
    if _bare(root.tag) != "Event":
        raise ValueError("no event element")
    for part in root:
        name = _bare(part.tag)
        if name == "System":
            system = part
        elif name == "EventData":
            for item in part:
                said = stated(item.text)
                key = item.get("Name")
                if said is not None and key:
                    if key in data:
                        raise ValueError("a name said twice")
                    data[key] = said
                elif said is not None:
                    texts.append(said)
        elif name == "RenderingInfo":
            texts += [said for item in part if _bare(item.tag) == "Message"
                      and (said := stated(item.text))]  # fmt: skip
    fields = {_bare(item.tag): item for item in system} if system is not None else {}

    def said_of(name: str, attribute: str | None = None) -> str | None:
        item = fields.get(name)
        if item is None:
            return None
        return stated(item.get(attribute) if attribute else item.text)

    return WindowsRecord(
        code=event_code(said_of("EventID")),
        stamp=said_of("TimeCreated", "SystemTime"),
        computer=said_of("Computer"),
        record=said_of("EventRecordID"),
        provider=said_of("Provider", "Name"),
        channel=said_of("Channel"),
        data=data,
        texts=tuple(texts),
    )


def split_xml(text: str) -> Iterator[str]:
    """The `<Event>` elements of a text that may hold several."""
    start = _OPENING.search(text)
    while start is not None:
        end = text.find(_CLOSING, start.end())
        if end < 0:
            yield text[start.start() :]
            return
        end += len(_CLOSING)
        yield text[start.start() : end]
        start = _OPENING.search(text, end)


def opens_xml(text: str) -> bool:
    """Whether a line begins a record in XML, after a declaration or the element of all events.

    >>> opens_xml("<Event xmlns='x'><System>"), opens_xml("<EventData>")
    (True, False)
    """
    return _BEGIN.match(text) is not None


def closes_xml(text: str) -> bool:
    """Whether the last record that a line begins or goes on with ends in it."""
    end = text.rfind(_CLOSING)
    return end >= 0 and _OPENING.search(text, end) is None


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


_LONGEST = 1 << 18
"""Characters; the service that keeps the logs takes 64 KiB of a record."""
_OPENING = re.compile(r"<Event[\s>]")
_CLOSING = "</Event>"
_BEGIN = re.compile(r"\s{0,64}(?:<\?xml[^>]{0,200}\?>\s{0,64})?(?:<Events>\s{0,64})?<Event[\s>]")
