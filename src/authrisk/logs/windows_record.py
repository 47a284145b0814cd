"""One record of a Windows event log, in the shapes that tools write.

XML (wevtutil, Get-WinEvent), JSON of evtx_dump and of xml-to-JSON converters, winlogbeat 6 and 7+
(nested or with dotted keys), and flat JSON (NXLog, Sentinel's SecurityEvent, plain).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from authrisk.export.document import MISSING, pick
from authrisk.logs.json_object import read_object


class WindowsRecord(NamedTuple):
    """What every shape says. Texts are stripped; None is what is empty, `-` or not there."""

    code: int | None
    """The event id: 4624."""
    stamp: str | None
    computer: str | None
    record: str | None
    """Number within the log of one computer."""
    provider: str | None
    channel: str | None
    data: Mapping[str, Any]
    """EventData by name, as it stands there; of flat shapes the whole object. See `said`."""
    texts: tuple[str, ...]
    """EventData without names, and the message where there is one."""

    def said(self, *names: str) -> str | None:
        """The first of these data that is a text or a whole number."""
        for name in names:
            text = _said(self.data.get(name))
            if text is not None:
                return text
        return None

    def all_texts(self) -> Iterator[str]:
        """Every text of the record, without names first."""
        yield from self.texts
        yield from (text for value in self.data.values() if (text := _said(value)) is not None)


def read_json(text: str) -> WindowsRecord | None:
    """The record of a JSON line, None when the object is no Windows record.

    Raises ValueError when it is no object or says a key twice.

    >>> record = read_json('{"EventID": 4624, "Hostname": "dc1", "IpAddress": "-", "LogonType": 3}')
    >>> record.code, record.computer, record.said("IpAddress"), record.said("LogonType")
    (4624, 'dc1', None, '3')
    """
    document = read_object(text)
    inner = document.get("_source")
    if isinstance(inner, dict):
        document = inner
    event = document.get("Event", document)
    if isinstance(event, dict) and isinstance(event.get("System"), dict):
        return _of_tree(event)
    if pick(document, "winlog.event_id") is not MISSING:
        return _of_beat(document, "winlog.", "provider_name", "record_id")
    if "event_data" in document or ("event_id" in document and "log_name" in document):
        return _of_beat(document, "", "source_name", "record_number")
    if any(name in document for name in _FLAT_CODE):
        return _of_flat(document)
    return None


def read_xml(text: str) -> WindowsRecord:
    """The record of one `<Event>` element; raises ValueError when it is none."""
    if "<!" in text:
        # A document type could hold entities that grow without bound.
        raise ValueError("XML with declarations")
    try:
        root = ET.fromstring(text)  # noqa: S314 (no declarations, see above)
    except (ET.ParseError, ValueError, RecursionError):
        raise ValueError("damaged XML") from None
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
                said = _said(item.text)
                key = item.get("Name")
                if said is not None and key:
                    if key in data:
                        raise ValueError("a name said twice")
                    data[key] = said
                elif said is not None:
                    texts.append(said)
        elif name == "RenderingInfo":
            texts += [said for item in part if _bare(item.tag) == "Message"
                      and (said := _said(item.text))]  # fmt: skip
    fields = {_bare(item.tag): item for item in system} if system is not None else {}

    def said_of(name: str, attribute: str | None = None) -> str | None:
        item = fields.get(name)
        if item is None:
            return None
        return _said(item.get(attribute) if attribute else item.text)

    return WindowsRecord(
        code=_code(said_of("EventID")),
        stamp=said_of("TimeCreated", "SystemTime"),
        computer=said_of("Computer"),
        record=said_of("EventRecordID"),
        provider=said_of("Provider", "Name"),
        channel=said_of("Channel"),
        data=data,
        texts=tuple(texts),
    )


def told_code(text: str) -> int | None:
    r"""The event id that a JSON line names, before it is decoded; None when that is not plain.

    Within a text of JSON a quote is escaped, so no text can pretend to be such a key.

    >>> told_code(r'{"winlog":{"event_id":"4624"},"message":"\"event_id\":1"}')
    4624
    >>> told_code('{"EventID":{"#attributes":{},"#text":4624}}') is None
    True
    """
    for key in _CODE_KEYS:
        at = text.find(key)
        if at >= 0:
            match = _CODE_VALUE.match(text, at + len(key))
            once = text.find(key, at + len(key)) < 0
            return int(match[1]) if match is not None and once else None
    return None


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


def _of_tree(event: Mapping[str, Any]) -> WindowsRecord:
    system = event["System"]
    texts: list[str] = []
    content = event.get("EventData")
    data: dict[str, Any] = content if isinstance(content, dict) else {}
    if "Data" in data:
        unnamed, data = data["Data"], {name: data[name] for name in data if name != "Data"}
        _add_data(unnamed, data, texts)
    return WindowsRecord(
        code=_code(_value(system.get("EventID"))),
        stamp=_said(_attribute(system.get("TimeCreated"), "SystemTime")),
        computer=_said(_value(system.get("Computer"))),
        record=_said(_value(system.get("EventRecordID"))),
        provider=_said(_attribute(system.get("Provider"), "Name")),
        channel=_said(_value(system.get("Channel"))),
        data=data,
        texts=tuple(texts),
    )


def _add_data(value: Any, data: dict[str, Any], texts: list[str]) -> None:
    """`Data` elements: a text, a list of texts, or objects with a name and a text."""
    inner = value.get("#text") if isinstance(value, dict) and "@Name" not in value else value
    for item in inner if isinstance(inner, list) else [inner]:
        name = _said(_attribute(item, "Name")) if isinstance(item, dict) else None
        said = _said(_value(item))
        if said is None:
            continue
        if name is None:
            texts.append(said)
        elif name in data:
            raise ValueError("a name said twice")
        else:
            data[name] = said


def _of_beat(document: Mapping[str, Any], at: str, provider: str, record: str) -> WindowsRecord:
    content = pick(document, f"{at}event_data")
    if not isinstance(content, Mapping):
        start = f"{at}event_data."
        content = {name[len(start) :]: value for name, value in document.items()
                   if name.startswith(start)}  # fmt: skip
    message = _said(_found(document, "message"))
    return WindowsRecord(
        code=_code(_found(document, f"{at}event_id")),
        stamp=_said(_found(document, "@timestamp")),
        computer=_said(_found(document, f"{at}computer_name"))
        or _said(_found(document, "host.name")),
        record=_said(_found(document, f"{at}{record}")),
        provider=_said(_found(document, f"{at}{provider}")),
        channel=_said(_found(document, f"{at}channel" if at else "log_name")),
        data=content,
        texts=(message,) if message else (),
    )


def _of_flat(document: dict[str, Any]) -> WindowsRecord:
    def first(names: tuple[str, ...]) -> str | None:
        return next((said for name in names if (said := _said(document.get(name)))), None)

    content = document.get("EventData")
    data = document | content if isinstance(content, dict) else document
    message = _said(document.get("Message"))
    return WindowsRecord(
        code=next((_code(_value(document[name])) for name in _FLAT_CODE if name in document), None),
        stamp=first(_FLAT_STAMP),
        computer=first(("Hostname", "Computer", "ComputerName", "MachineName")),
        record=first(("RecordNumber", "EventRecordID", "EventRecordId", "RecordId")),
        provider=first(("SourceName", "ProviderName", "EventSourceName")),
        channel=first(("Channel", "LogName")),
        data=data,
        texts=(message,) if message else (),
    )


def _found(document: Mapping[str, Any], path: str) -> Any:
    value = pick(document, path)
    return None if value is MISSING else value


def _value(node: Any) -> Any:
    return node.get("#text") if isinstance(node, dict) else node


def _attribute(node: Any, name: str) -> Any:
    if not isinstance(node, dict):
        return None
    attributes = node.get("#attributes")
    if isinstance(attributes, dict) and name in attributes:
        return attributes[name]
    return node.get(f"@{name}", node.get(name))


def _said(value: Any) -> str | None:
    if isinstance(value, str):
        text = value.strip()
        return None if text in _UNSAID else text
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def _code(value: Any) -> int | None:
    text = _said(value)
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


_UNSAID = frozenset(("", "-", "N/A", "NULL"))
_NUMBER = re.compile(r"[0-9]{1,5}")
_CODE_KEYS = ('"EventID"', '"event_id"', '"winlog.event_id"', '"EventId"')
_CODE_VALUE = re.compile(r'\s*+:\s*+(?:\{\s*+"#text"\s*+:\s*+)?"?([0-9]{1,5})')
_OPENING = re.compile(r"<Event[\s>]")
_CLOSING = "</Event>"
_BEGIN = re.compile(r"\s{0,64}(?:<\?xml[^>]{0,200}\?>\s{0,64})?(?:<Events>\s{0,64})?<Event[\s>]")
_FLAT_CODE = ("EventID", "EventId")
_FLAT_STAMP = ("TimeCreated", "@timestamp", "EventTime", "TimeGenerated", "UtcTime")
