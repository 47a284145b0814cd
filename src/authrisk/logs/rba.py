"""Rows of the RBA data set, read one by one and by columns, to the same events and labels.

The columns are those of the Login Data Set for Risk-Based Authentication (Wiefling et al., 2022,
CC BY 4.0). Stamps are UTC without saying so. User ids are signed 64-bit numbers there, kept as
text; other ids are welcome.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.eventlog import EVENT_SCHEMA, LABEL_SCHEMA, Label
from authrisk.logs.address import canonical_ip

COLUMNS = (
    "index", "Login Timestamp", "User ID", "Round-Trip Time [ms]", "IP Address", "Country",
    "Region", "City", "ASN", "User Agent String", "Browser Name and Version",
    "OS Name and Version", "Device Type", "Login Successful", "Is Attack IP",
    "Is Account Takeover",
)  # fmt: skip

_TEXT = r"[^\x00-\x1f\x7f]"
_TRUTH = "[Tt]rue|TRUE|[Ff]alse|FALSE"
GRAMMAR = {
    "index": f"{_TEXT}+",
    "Login Timestamp": "(?:19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-[0-9]{2}-[0-9]{2} "
    "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?",
    "User ID": f"{_TEXT}*",
    "Round-Trip Time [ms]": "(?:[0-9]{1,9}(?:[.][0-9]{1,9})?)?",
    "ASN": "-?|[0-9]{1,10}",
    "Login Successful": _TRUTH,
    "Is Attack IP": f"(?:{_TRUTH})?",
    "Is Account Takeover": f"(?:{_TRUTH})?",
}
"""What the text of a column must be; columns that are not here may hold anything.

The same expressions serve Python's engine and Rust's.
"""

DEVICE_TYPES = ("desktop", "mobile", "tablet", "bot", "tv")
SOURCE_TYPE = "rba_csv"

_UNSAID = ("", "-")
_SECONDS = (
    pl.col("Login Timestamp")
    .str.head(19)
    .str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="ns", strict=False)
)
_IPV4 = r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.|$)){4}$"
_AT = {name: i for i, name in enumerate(COLUMNS)}


class LabelledLogin(NamedTuple):
    """A row's event, and beside it what the data set says about it."""

    event: LoginEvent
    label: Label


def read_row(fields: Sequence[str]) -> LabelledLogin | str:
    """The event and labels of one row, or the cause why it is none.

    >>> read_row(["1", "2020-02-30 00:00:00"] + [""] * 11 + ["True", "", ""])
    'Login Timestamp: not a day of the calendar'
    """
    if len(fields) != len(COLUMNS):
        return "not 16 columns"
    for name, pattern in _PATTERNS:
        if pattern.fullmatch(fields[_AT[name]]) is None:
            return f"{name}: not as the data set writes it"
    index, stamp, user, rtt, ip, country, region, city, asn, agent = fields[:10]
    browser_text, os_text, device, success, attack_ip, takeover = fields[10:]
    try:
        timestamp_ns = _utc_ns(stamp)
    except ValueError:
        return "Login Timestamp: not a day of the calendar"
    browser, browser_version = _split_version(browser_text)
    os, os_version = _split_version(os_text)
    event = LoginEvent(
        event_id=index,
        timestamp_ns=timestamp_ns,
        user_id=_said(user),
        outcome=Outcome.SUCCESS if _truth(success) else Outcome.FAILURE,
        src_ip=_said(canonical_ip(ip) or ip),
        src_country=_said(country),
        src_region=_said(region),
        src_city=_said(city),
        src_asn=None if asn in _UNSAID else int(asn),
        user_agent=agent or None,
        browser=browser,
        browser_version=browser_version,
        os=os,
        os_version=os_version,
        device_type=_device_type(device),
        source_type=SOURCE_TYPE,
        raw_event_id=index,
        rtt_ms=float(rtt) if rtt else None,
    )
    label = Label(
        event_id=index,
        is_account_takeover=_truth(takeover),
        is_attack_ip=_truth(attack_ip),
    )
    return LabelledLogin(event, label)


class LabelledFrames(NamedTuple):
    """Events and labels of many rows; `good` says which rows they are of."""

    good: pl.Series
    """Boolean, one per row given; the other members have only the good rows."""
    events: pl.DataFrame
    labels: pl.DataFrame


def read_columns(rows: pl.DataFrame) -> LabelledFrames:
    """What `read_row` gives for each row of a table of texts, all at once.

    `rows` has the data set's columns, all String; no cell holds a line break.
    """
    texts = rows.select(pl.all().fill_null(""))
    checks = [pl.col(name).str.contains(f"^(?:{text})$") for name, text in GRAMMAR.items()]
    texts = texts.with_columns(seconds=_SECONDS).with_columns(
        good=pl.all_horizontal(*checks, pl.col("seconds").is_not_null())
    )
    good = texts["good"]
    if not good.all():
        texts = texts.filter(good)
    values = _event_columns()
    events = texts.select(
        values[name].cast(dtype).alias(name)
        if name in values
        else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in EVENT_SCHEMA.items()
    )
    labels = texts.select(
        event_id="index",
        is_account_takeover=_truth_column("Is Account Takeover"),
        is_attack_ip=_truth_column("Is Attack IP"),
    ).select(
        pl.col(name) if name in _RBA_LABELS else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in LABEL_SCHEMA.items()
    )
    events = events.with_columns(
        _canonical(events["src_ip"]),
        *_columns_of(texts["Device Type"], lambda text: (_device_type(text),), "device_type"),
        *_split_columns(texts["Browser Name and Version"], "browser"),
        *_split_columns(texts["OS Name and Version"], "os"),
    )
    return LabelledFrames(good, events, labels)


def _event_columns() -> dict[str, pl.Expr]:
    fraction = pl.col("Login Timestamp").str.slice(20).str.pad_end(9, "0").cast(pl.Int64)
    success = _truth_column("Login Successful")
    return {
        "event_id": pl.col("index"),
        "timestamp": (pl.col("seconds").cast(pl.Int64) + fraction).cast(pl.Datetime("ns", "UTC")),
        "user_id": _said_column("User ID"),
        "outcome": pl.when(success).then(pl.lit("success")).otherwise(pl.lit("failure")),
        "src_ip": _said_column("IP Address"),
        "src_country": _said_column("Country"),
        "src_region": _said_column("Region"),
        "src_city": _said_column("City"),
        "src_asn": _said_column("ASN"),
        "user_agent": pl.col("User Agent String").replace({"": None}),
        "source_type": pl.lit(SOURCE_TYPE),
        "raw_event_id": pl.col("index"),
        "count": pl.lit(1),
        "rtt_ms": _said_column("Round-Trip Time [ms]"),
    }


def _said_column(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).is_in(_UNSAID)).then(pl.col(name))


def _truth_column(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(pl.col(name).is_in(("True", "true", "TRUE")))


def _split_columns(texts: pl.Series, name: str) -> list[pl.Series]:
    """Name and version of a column of clients."""
    return _columns_of(texts, _split_version, name, f"{name}_version")


def _columns_of(
    texts: pl.Series, read: Callable[[str], Sequence[str | None]], *names: str
) -> list[pl.Series]:
    """Columns of what `read` gives for each text; there are few different ones."""
    known = texts.unique()
    which = texts.cast(pl.Enum(known)).to_physical()
    parts = zip(*map(read, known), strict=True) if len(known) else ((),) * len(names)
    return [
        pl.Series(name, part, dtype=pl.String).gather(which)
        for name, part in zip(names, parts, strict=True)
    ]


def _canonical(ips: pl.Series) -> pl.Series:
    """IPv4 texts are canonical when they are well formed; the few others are looked at singly."""
    odd = ips.filter(ips.is_not_null() & ~ips.str.contains(f"^{_IPV4}")).unique()
    if odd.is_empty():
        return ips
    spellings = {text: canonical_ip(text) or text for text in odd}
    return ips.replace(spellings)


def _utc_ns(stamp: str) -> int:
    moment = dt.datetime.fromisoformat(stamp[:19]).replace(tzinfo=dt.UTC)
    return int(moment.timestamp()) * NS_PER_S + int(stamp[20:].ljust(9, "0"))


def _said(text: str) -> str | None:
    return None if text in _UNSAID else text


def _truth(text: str) -> bool | None:
    return text.lower() == "true" if text else None


def _split_version(text: str) -> tuple[str | None, str | None]:
    """Name and version; `Other` is the data set's word for a client that it does not know."""
    match = _VERSION_PATTERN.fullmatch(text)
    name, version = match.groups() if match else (text, None)
    return (None, None) if name in (*_UNSAID, "Other") else (name, version)


def _device_type(text: str) -> str | None:
    word = text.lower()
    if word in DEVICE_TYPES:
        return word
    return None if word in (*_UNSAID, "unknown") else "other"


_PATTERNS = [(name, re.compile(text)) for name, text in GRAMMAR.items()]
_VERSION_PATTERN = re.compile("(.*[^ ]) ([0-9][^ ]*)")
_RBA_LABELS = ("event_id", "is_account_takeover", "is_attack_ip")
