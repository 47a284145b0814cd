"""One record of a Windows event log, in the shapes that tools write.

JSON of evtx_dump and of xml-to-JSON converters, winlogbeat 6 and 7+ (nested or with dotted keys),
and flat JSON (NXLog, Sentinel's SecurityEvent, plain). `windows_xml.py` reads it in XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

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
            text = stated(self.data.get(name))
            if text is not None:
                return text
        return None

    def all_texts(self) -> Iterator[str]:
        """Every text of the record, without names first."""
        yield from self.texts
        yield from (text for value in self.data.values() if (text := stated(value)) is not None)


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


def stated(value: Any) -> str | None:
    """A text without the space around it, or a whole number; None for what says nothing.

    >>> stated(" ann "), stated(3), stated("-"), stated(None)
    ('ann', '3', None, None)
    """
    if isinstance(value, str):
        text = value.strip()
        return None if text in _UNSAID else text
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def event_code(value: Any) -> int | None:
    """The number of an event, None when it is none."""
    text = stated(value)
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def _of_tree(event: Mapping[str, Any]) -> WindowsRecord:
    system = event["System"]
    texts: list[str] = []
    content = event.get("EventData")
    data: dict[str, Any] = content if isinstance(content, dict) else {}
    if "Data" in data:
        unnamed, data = data["Data"], {name: data[name] for name in data if name != "Data"}
        _add_data(unnamed, data, texts)
    return WindowsRecord(
        code=event_code(_value(system.get("EventID"))),
        stamp=stated(_attribute(system.get("TimeCreated"), "SystemTime")),
        computer=stated(_value(system.get("Computer"))),
        record=stated(_value(system.get("EventRecordID"))),
        provider=stated(_attribute(system.get("Provider"), "Name")),
        channel=stated(_value(system.get("Channel"))),
        data=data,
        texts=tuple(texts),
    )


def _add_data(value: Any, data: dict[str, Any], texts: list[str]) -> None:
    """`Data` elements: a text, a list of texts, or objects with a name and a text."""
    inner = value.get("#text") if isinstance(value, dict) and "@Name" not in value else value
    for item in inner if isinstance(inner, list) else [inner]:
        name = stated(_attribute(item, "Name")) if isinstance(item, dict) else None
        said = stated(_value(item))
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
    message = stated(_found(document, "message"))
    return WindowsRecord(
        code=event_code(_found(document, f"{at}event_id")),
        stamp=stated(_found(document, "@timestamp")),
        computer=stated(_found(document, f"{at}computer_name"))
        or stated(_found(document, "host.name")),
        record=stated(_found(document, f"{at}{record}")),
        provider=stated(_found(document, f"{at}{provider}")),
        channel=stated(_found(document, f"{at}channel" if at else "log_name")),
        data=content,
        texts=(message,) if message else (),
    )


def _of_flat(document: dict[str, Any]) -> WindowsRecord:
    def first(names: tuple[str, ...]) -> str | None:
        return next((said for name in names if (said := stated(document.get(name)))), None)

    content = document.get("EventData")
    data = document | content if isinstance(content, dict) else document
    message = stated(document.get("Message"))
    return WindowsRecord(
        code=next(
            (event_code(_value(document[name])) for name in _FLAT_CODE if name in document), None
        ),
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


_UNSAID = frozenset(("", "-", "N/A", "NULL"))
_NUMBER = re.compile(r"[0-9]{1,5}")
_CODE_KEYS = ('"EventID"', '"event_id"', '"winlog.event_id"', '"EventId"')
_CODE_VALUE = re.compile(r'\s*+:\s*+(?:\{\s*+"#text"\s*+:\s*+)?"?([0-9]{1,5})')
_FLAT_CODE = ("EventID", "EventId")
_FLAT_STAMP = ("TimeCreated", "@timestamp", "EventTime", "TimeGenerated", "UtcTime")
