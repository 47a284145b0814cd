"""Fill in what an event's address and user agent say, one event or a whole table at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from authrisk.enrich.address import Address, normalise
from authrisk.enrich.geo import AddressTables
from authrisk.enrich.place import Place
from authrisk.enrich.user_agent import Client, ClientParser, default_parser
from authrisk.event import LoginEvent

if TYPE_CHECKING:
    import polars as pl

CACHED_PLACES = 16_384

Group = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
"""(anchors, targets), each of (field of the event, field of what was found): the targets that are
None are filled if each anchor is None or equal to what was found."""

PLACE_GROUPS: Final[tuple[Group, ...]] = (
    ((), (("src_network", "network"),)),
    (
        (("src_country", "country"),),
        (("src_country", "country"), ("src_latitude", "latitude"), ("src_longitude", "longitude")),
    ),
    (
        (("src_country", "country"), ("src_region", "region"), ("src_city", "city")),
        (("src_region", "region"), ("src_city", "city")),
    ),
    ((("src_asn", "asn"),), (("src_asn", "asn"), ("src_as_name", "as_name"))),
)
CLIENT_GROUPS: Final[tuple[Group, ...]] = (
    ((("browser", "browser"),), (("browser", "browser"), ("browser_version", "browser_version"))),
    ((("os", "os"),), (("os", "os"), ("os_version", "os_version"))),
    ((), (("device_type", "device_type"),)),
)


class PlaceFinder(Protocol):
    """Anything that knows places; a cache around one is one too."""

    def lookup(self, address: Address) -> Place:
        """The place of a normalised address."""


class CachedPlaces:
    """A finder that remembers the last `size` different addresses."""

    def __init__(self, inner: PlaceFinder, size: int = CACHED_PLACES) -> None:
        self.lookup = lru_cache(maxsize=size)(inner.lookup)


class Enricher:
    """Fills fields that are None; what the source itself said stands.

    The address gets its canonical spelling and `src_network`. A field is filled only where the
    source's own values agree with ours (`GROUPS`): coordinates only inside the country that the
    source named, a browser version only of the browser that it named. The city of one source
    beside the country of another would be a place that nobody meant.
    """

    def __init__(self, tables: AddressTables, clients: ClientParser) -> None:
        self.tables, self.clients = tables, clients
        self._places = CachedPlaces(tables)

    def enrich(self, event: LoginEvent) -> LoginEvent:
        """The event with what its address and agent say; the same object when they add nothing."""
        new: dict[str, Any] = {}
        if event.src_ip is not None:
            address = normalise(event.src_ip)
            if address.text != event.src_ip:
                new["src_ip"] = address.text
            _fill(new, event, PLACE_GROUPS, self._places.lookup(address))
        if event.user_agent is not None:
            _fill(new, event, CLIENT_GROUPS, self.clients.parse(event.user_agent))
        return msgspec.structs.replace(event, **new) if new else event

    def enrich_frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The same for a table whose columns are named as the event's fields, shape (N, any).

        Each different address and agent is looked at once. Missing columns of ours are added
        (null where nothing is known); the others, their order and the rows' order stay.
        """
        import polars as pl

        order = frame.columns
        if "src_ip" in order:
            frame = self._with_places(frame.with_columns(pl.col("src_ip").cast(pl.String)))
        if "user_agent" in order:
            frame = self._with_clients(frame.with_columns(pl.col("user_agent").cast(pl.String)))
        return frame.select(*order, *(c for c in frame.columns if c not in order))

    def _with_places(self, frame: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        unique = frame["src_ip"].drop_nulls().unique()
        found = self.tables.lookup_many(unique.to_list())
        found = found.rename(lambda name: _FOUND + name).with_columns(unique.alias("src_ip"))
        frame = frame.join(found, on="src_ip", how="left", maintain_order="left")
        frame = _fill_columns(frame, PLACE_GROUPS)
        return frame.with_columns(src_ip=pl.col(f"{_FOUND}src_ip")).drop(
            pl.selectors.starts_with(_FOUND)
        )

    def _with_clients(self, frame: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        unique = frame["user_agent"].drop_nulls().unique()
        clients = [self.clients.parse(text) for text in unique]
        found = pl.DataFrame(
            clients, schema={_FOUND + name: pl.String for name in Client._fields}, orient="row"
        ).with_columns(unique.alias("user_agent"))
        frame = frame.join(found, on="user_agent", how="left", maintain_order="left")
        frame = _fill_columns(frame, CLIENT_GROUPS)
        return frame.drop(pl.selectors.starts_with(_FOUND))


@lru_cache(maxsize=1)
def default_enricher() -> Enricher:
    """The enricher with the package's tables and nothing else, built once in a process.

    >>> event = LoginEvent(event_id="1", timestamp_ns=0, user_id="7", src_ip="::ffff:8.8.8.8")
    >>> done = default_enricher().enrich(event)
    >>> done.src_ip, done.src_country, done.src_asn
    ('8.8.8.8', 'US', 15169)
    """
    return Enricher(AddressTables.load(), default_parser())


_FOUND = "found:"
"""Prefix of columns that live only inside `enrich_frame`."""


def _fill(
    new: dict[str, Any], event: LoginEvent, groups: tuple[Group, ...], found: Place | Client
) -> None:
    """Put into `new` what the event lacks and the found values may fill."""
    for anchors, targets in groups:
        for name, attribute in anchors:
            said = getattr(event, name)
            if said is not None and said != getattr(found, attribute):
                break
        else:
            for name, attribute in targets:
                if getattr(event, name) is None:
                    value = getattr(found, attribute)
                    if value is not None:
                        new[name] = value


def _fill_columns(frame: pl.DataFrame, groups: tuple[Group, ...]) -> pl.DataFrame:
    """`_fill` for the columns of a table; both read the source's values before any filling."""
    import polars as pl

    filled = []
    for anchors, targets in groups:
        agrees = pl.lit(True)
        for name, _ in anchors:
            if name in frame.columns:
                agrees &= pl.col(name).is_null() | pl.col(name).eq_missing(pl.col(_FOUND + name))
        for name, _ in targets:
            value: pl.Expr = pl.when(agrees).then(pl.col(_FOUND + name))
            if name in frame.columns:
                value = pl.coalesce(pl.col(name), value.cast(frame.schema[name], strict=False))
            filled.append(value.alias(name))
    return frame.with_columns(filled)
