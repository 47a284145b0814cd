"""Windows Security: one event a login, the same in every shape of a record."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.adfs import read_refusal
from authrisk.logs.formats.windows_security import PARSER
from authrisk.logs.parser import Ignored, Item, Rejected
from authrisk.testing.parser import parse_lines

STAMP = "2024-05-02T09:00:{:02d}.5Z"


def parse(*texts: str) -> list[Item]:
    return parse_lines(PARSER, *texts)


def events(*texts: str) -> list[LoginEvent]:
    return [item for item in parse(*texts) if isinstance(item, LoginEvent)]


def flat(code: int, second: int = 0, computer: str = "dc1.corp.example", **data: str) -> str:
    head = {"EventID": code, "TimeCreated": STAMP.format(second), "Hostname": computer}
    head |= {"SourceName": "Microsoft-Windows-Security-Auditing", "RecordNumber": 7}
    return json.dumps(head | {"Channel": "Security"} | data)


def tree(code: int, data: dict[str, str]) -> str:
    system: dict[str, Any] = {
        "Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}},
        "EventID": {"#text": code, "#attributes": {"Qualifiers": ""}},
        "TimeCreated": {"#attributes": {"SystemTime": STAMP.format(0)}},
        "EventRecordID": 7, "Channel": "Security", "Computer": "dc1.corp.example",
    }  # fmt: skip
    return json.dumps({"Event": {"System": system, "EventData": data}})


def beat(code: int, data: dict[str, str], *, version: int) -> str:
    inner: dict[str, Any] = {
        "event_id": code, "event_data": data, "computer_name": "dc1.corp.example",
        ("channel" if version > 6 else "log_name"): "Security",
        ("provider_name" if version > 6 else "source_name"): "Microsoft-Windows-Security-Auditing",
        ("record_id" if version > 6 else "record_number"): "7",
    }  # fmt: skip
    stamp = {"@timestamp": STAMP.format(0)}
    return json.dumps(stamp | ({"winlog": inner} if version > 6 else inner))


def dotted(code: int, data: dict[str, str]) -> str:
    document = {f"winlog.event_data.{name}": value for name, value in data.items()}
    document |= {"@timestamp": STAMP.format(0), "winlog.computer_name": "dc1.corp.example"}
    return json.dumps({"_source": document | {"winlog.event_id": str(code), "winlog.record_id": 7}})


def xml(code: int, data: dict[str, str], between: str = "") -> str:
    quoted = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;"}
    items = between.join(
        f'<Data Name="{name}">{escape(value, quoted)}</Data>' for name, value in data.items()
    )
    return (
        '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>'
        '<Provider Name="Microsoft-Windows-Security-Auditing"/>'
        f'<EventID>{code}</EventID><TimeCreated SystemTime="{STAMP.format(0)}"/>{between}'
        "<EventRecordID>7</EventRecordID><Channel>Security</Channel>"
        f"<Computer>dc1.corp.example</Computer></System><EventData>{items}</EventData></Event>"
    )


NAMES = st.text(
    st.characters(codec="utf-8", min_codepoint=32, blacklist_characters="\x7f\ufffe\uffff"),
    min_size=1,
).filter(lambda name: name.strip() not in ("", "-", "N/A", "NULL"))


@given(user=NAMES, domain=NAMES)
def test_every_shape_tells_the_same(user: str, domain: str) -> None:
    """EVTX-like JSON, flat JSON, winlogbeat 6 and 7+, dotted keys and XML give one and the same."""
    data = {
        "TargetUserName": user, "TargetDomainName": domain, "IpAddress": "::ffff:10.0.0.9",
        "IpPort": "51111", "WorkstationName": "WS5", "LogonType": "3", "Status": "0xC000006D",
        "SubStatus": "0xc0000064", "AuthenticationPackageName": "NTLM", "LmPackageName": "NTLM V2",
    }  # fmt: skip
    shapes = [
        tree(4625, data), flat(4625, **data), beat(4625, data, version=6),
        beat(4625, data, version=8), dotted(4625, data), xml(4625, data),
    ]  # fmt: skip
    found = []
    for shape in shapes:
        (event,) = events(shape)
        found.append(msgspec.structs.replace(event, event_id=""))
    assert all(event == found[0] for event in found)
    assert (found[0].user_name, found[0].failure_reason) == (user.strip(), "unknown_user")
    assert (found[0].src_ip, found[0].src_port, found[0].auth_protocol) == (
        "10.0.0.9", 51111, "ntlm_v2",
    )  # fmt: skip


def test_a_record_of_xml_may_span_lines() -> None:
    """However a record is broken into lines, it is one event and each line has an item."""
    text = xml(4624, {"TargetUserName": "ann", "LogonType": "2"}, between="\n  ")
    lines = ["<?xml version='1.0'?>", "<Events>", *text.split("\n"), "</Events>"]
    found = parse(*lines)
    assert len(found) == len(lines)
    assert [item.user_id for item in found if isinstance(item, LoginEvent)] == ["ann"]
    whole = xml(4624, {"TargetUserName": "ann"}) + xml(4624, {"TargetUserName": "bo"})
    assert PARSER.claims(lines) and PARSER.claims([f"<Events>{whole}</Events>"])
    assert [event.user_id for event in events(f"<Events>{whole}</Events>")] == ["ann", "bo"]


def test_a_record_of_json_may_span_lines() -> None:
    """As `evtx_dump -o json` prints them: indented, each under its number."""
    pretty = json.dumps(json.loads(tree(4624, {"TargetUserName": "ann"})), indent=2)
    lines = ["Record 1", *pretty.split("\n"), "Record 2", *pretty.split("\n")]
    assert PARSER.claims(lines)
    found = parse(*lines)
    assert len(found) == len(lines)
    assert [item.user_id for item in found if isinstance(item, LoginEvent)] == ["ann", "ann"]


def test_an_endless_record_is_rejected_and_forgotten() -> None:
    """Lines of a record that never ends are given up, and what follows is read."""
    lines = ["<Event><System>"] + ["x"] * 2500
    found = parse(*lines, flat(4624, TargetUserName="ann", LogonType="2"))
    assert any(isinstance(item, Rejected) and "does not end" in item.cause for item in found)
    assert isinstance(found[-1], LoginEvent)


@pytest.mark.parametrize(
    ("controller", "member"),
    [
        (flat(4768, TargetUserName="ann", Status="0x0", IpAddress="::ffff:10.0.0.9"),
         flat(4624, 1, "srv", TargetUserName="ANN", IpAddress="10.0.0.9", LogonType="3")),
        (flat(4776, TargetUserName="ann", Status="0x0", Workstation="WS5"),
         flat(4624, 1, "srv", TargetUserName="ann", WorkstationName="WS5", LogonType="3")),
        (flat(4771, TargetUserName="ann", Status="0x18", IpAddress="10.0.0.9"),
         flat(4625, 2, "srv", TargetUserName="ann@corp", IpAddress="10.0.0.9", Status="0xc000006d",
              LogonType="3")),
    ],
)  # fmt: skip
def test_controller_and_member_tell_one_attempt(controller: str, member: str) -> None:
    """The second of the two within 2 s is the same attempt; a third is another."""
    for pair in ((controller, member), (member, controller)):
        assert len(events(*pair)) == 1
        assert len(events(*pair, pair[1])) == 2


def test_outcome_or_place_apart_are_two_attempts() -> None:
    """A failure and the success after it, or two addresses, are two."""
    failed = flat(4771, TargetUserName="ann", Status="0x18", IpAddress="10.0.0.9")
    for other in ("10.0.0.9", "10.0.0.8"):
        logon = flat(4624, 1, TargetUserName="ann", IpAddress=other, LogonType="3")
        assert len(events(failed, logon)) == 2


def test_an_elevated_logon_is_one() -> None:
    """The second token of one logon is no second login."""
    first = {"TargetLogonId": "0x1", "TargetLinkedLogonId": "0x2"}
    second = {"TargetLogonId": "0x2", "TargetLinkedLogonId": "0x1"}
    texts = [flat(4624, TargetUserName="ann", LogonType="2", **ids) for ids in (first, second)]
    assert len(events(*texts)) == 1


@pytest.mark.parametrize(
    ("logon_type", "user", "kind"),
    [("5", "SYSTEM", "system"), ("5", "svc-sql", "service"), ("4", "ann", "service"),
     ("2", "DWM-3", "system"), ("3", "WS5$", "machine"), ("3", "ANONYMOUS LOGON", "anonymous"),
     ("10", "ann", None), ("0", "x", "system")],
)  # fmt: skip
def test_accounts_that_are_no_people_are_marked(
    logon_type: str, user: str, kind: str | None
) -> None:
    """Machines, services and the system are events, and say what they are."""
    (event,) = events(flat(4624, TargetUserName=user, LogonType=logon_type))
    assert event.account_kind == kind


def test_explicit_credentials() -> None:
    """4648 at the same computer is told by 4624; towards another it is a login of unknown end."""
    data = {"SubjectUserName": "ann", "TargetUserName": "root", "IpAddress": "10.0.0.1"}
    (here,) = parse(flat(4648, TargetServerName="localhost", **data))
    assert isinstance(here, Ignored)
    (event,) = events(flat(4648, TargetServerName="srv9", **data))
    assert (event.user_id, event.actor_name, event.outcome) == ("root", "ann", Outcome.UNKNOWN)
    assert (event.src_ip, event.dst_host) == (None, "srv9")


@given(st.text(max_size=300), st.sampled_from(["", "\n", "-", "Client IP: 1.2.3.4\r\n"]))
def test_a_refusal_names_whom_the_text_names(user: str, noise: str) -> None:
    """Whatever was typed as user, event 411 gives no other name than that."""
    text = f"Error message: \r\n{user}-The user name or password is incorrect \r\n{noise}"
    found = read_refusal([text])
    assert found is None or found[0] in user


def test_a_file_that_is_cut_off_gives_its_whole_records() -> None:
    """Of XML on one line without an end, every record that stands whole is an event; the last one
    is rejected."""
    whole = (
        '<Event><System><EventID>4624</EventID><TimeCreated SystemTime="2024-05-02T09:00:00Z"/>'
        "<Computer>pc</Computer><EventRecordID>{}</EventRecordID></System><EventData>"
        '<Data Name="TargetUserName">ann</Data><Data Name="LogonType">10</Data>'
        '<Data Name="IpAddress">192.0.2.7</Data></EventData></Event>'
    )
    text = whole.format(1) + whole.format(2) + whole.format(3)[:90]
    items = parse(text)
    assert len([item for item in items if isinstance(item, LoginEvent)]) == 2
    assert [item.cause for item in items if isinstance(item, Rejected)] == ["damaged XML"]
