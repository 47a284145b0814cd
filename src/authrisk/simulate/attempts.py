"""Login attempts as columns of numbers, and the event frame that they become."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from authrisk.eventlog import LABEL_SCHEMA
from authrisk.simulate.clients import CLIENT_COLUMNS, Clients, client_table
from authrisk.simulate.draws import Bools, Floats, Ints, choose, mix, normal, uniform
from authrisk.simulate.frame import address_text, event_frame
from authrisk.simulate.profiles.profile import Profile
from authrisk.simulate.universe import Universe


@dataclass(frozen=True, eq=False)
class Attempts:
    """M login attempts; every column has M entries."""

    user: Ints
    time_ns: Ints
    """Nanoseconds since the start of the period."""
    success: Bools
    known_user: Bools
    network: Ints
    address: Ints
    clients: Clients
    context: Ints
    """Device slot: what the choice of app and method depends on."""
    is_service: Bools
    is_attack: Bools
    campaign: Ints
    """Number of the attack burst, -1 for legitimate attempts."""

    def take(self, rows: Ints) -> Attempts:
        """Some of the attempts."""
        return Attempts(clients=self.clients.take(rows), **{
            field.name: getattr(self, field.name)[rows]
            for field in dataclasses.fields(self)
            if field.name != "clients"
        })  # fmt: skip

    def replace(self, **columns: Any) -> Attempts:
        """The same attempts with some columns exchanged."""
        return dataclasses.replace(self, **columns)

    @staticmethod
    def join(first: Attempts, second: Attempts) -> Attempts:
        """Both, one after the other."""
        clients = Clients(*(np.concatenate(pair) for pair in zip(first.clients, second.clients,
                                                                  strict=True)))  # fmt: skip
        return Attempts(clients=clients, **{
            field.name: np.concatenate((getattr(first, field.name), getattr(second, field.name)))
            for field in dataclasses.fields(first)
            if field.name != "clients"
        })  # fmt: skip


def attempts_frame(
    profile: Profile, universe: Universe, attempts: Attempts, start: dt.datetime, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The events sorted by time, and their labels in the same order."""
    attempts = attempts.take(np.argsort(attempts.time_ns, kind="stable"))
    rows = len(attempts.user)
    number = np.arange(rows, dtype=np.int64)
    programs = np.zeros(int(attempts.user.max(initial=-1)) + 1, bool)
    programs[attempts.user[attempts.is_service]] = True
    attempts = attempts.replace(is_service=programs[attempts.user] & attempts.known_user)
    event_id = pl.Series("event_id", number).cast(pl.String)
    table, client = client_table(attempts.clients)
    start_ns = int(start.timestamp()) * 1_000_000_000
    time_ns = start_ns + attempts.time_ns // 1_000_000 * 1_000_000  # logs keep milliseconds
    columns: dict[str, pl.Series] = {
        "event_id": event_id,
        "timestamp": pl.Series(time_ns).cast(pl.Datetime("ns", "UTC")),
        "user_id": _user_ids(attempts, seed),
        "outcome": pl.Series(["failure", "success"]).gather(attempts.success.astype(np.int64)),
        "failure_reason": _reasons(attempts),
        "account_kind": pl.Series([None, "service"], dtype=pl.String)
        .gather(attempts.is_service.astype(np.int64)),
        "rtt_ms": _round_trips(profile, universe, attempts, seed),
        "src_ip": address_text(attempts.address),
        "source_type": pl.repeat(profile.source_type, rows, dtype=pl.String, eager=True),
        **_places(universe, attempts.network),
        **{name: table[name].gather(client) for name in CLIENT_COLUMNS},
        **_ways_in(profile, attempts, seed),
    }  # fmt: skip
    address = pl.Series(attempts.address)
    known_bad = address.filter(pl.Series(attempts.is_attack)).unique()
    campaign = pl.Series(attempts.campaign)
    labels = pl.DataFrame({
        "event_id": event_id,
        "is_account_takeover": pl.Series(attempts.is_attack & attempts.success),
        "is_attack_ip": address.is_in(known_bad.implode()),
        "is_attack": pl.Series(attempts.is_attack),
        "tier": pl.Series([None, "T0"], dtype=pl.String)
        .gather(attempts.is_attack.astype(np.int64)),
        "campaign": "T0-" + pl.select(
            pl.when(campaign >= 0).then(campaign.cast(pl.String))
        ).to_series(),
        "victim": pl.select(
            pl.when(pl.Series(attempts.is_attack)).then(columns["user_id"])
        ).to_series(),
    }, schema=LABEL_SCHEMA)  # fmt: skip
    return event_frame(columns, rows), labels


def _user_ids(attempts: Attempts, seed: int) -> pl.Series:
    """Signed 64-bit numbers as text; an account that does not exist has an id like any other."""
    distinct = np.arange(2 * int(attempts.user.max(initial=-1)) + 2, dtype=np.int64)
    names = pl.Series(mix(seed, distinct, 21).view(np.int64)).cast(pl.String)
    return names.gather(attempts.user * 2 + attempts.known_user.astype(np.int64))


def _reasons(attempts: Attempts) -> pl.Series:
    code = np.where(attempts.success, 0, np.where(attempts.known_user, 1, 2))
    names = pl.Series([None, "bad_credentials", "unknown_user"], dtype=pl.String)
    return names.gather(code)


def _places(universe: Universe, network: Ints) -> dict[str, pl.Series]:
    return {name: universe.places[name].gather(network) for name in universe.places.columns}


def _ways_in(profile: Profile, attempts: Attempts, seed: int) -> dict[str, pl.Series]:
    """App, method and second factor: habits of the user and device, with some change.

    What fails, fails at the password: a second factor is never reached.
    """
    visit = attempts.time_ns // 3_600_000_000_000
    fixed = uniform(seed, attempts.user, visit, 30) < 0.7
    habit = np.where(fixed, 0, visit + 1)
    apps, app_shares = zip(*profile.apps, strict=True)
    methods, method_shares = zip(*profile.auth_methods, strict=True)
    app = choose(np.array(app_shares), seed, attempts.user, habit, 31)
    stays = uniform(seed, attempts.user, visit, 32) < 0.9
    way = choose(
        np.array(method_shares),
        seed,
        attempts.user * 4 + attempts.context,
        np.where(stays, 0, visit),
        33,
    )
    way = np.where(attempts.is_service | ~attempts.success, 0, way)
    second = pl.Series([method != "password" for method in methods])
    return {
        "app": pl.Series(apps).gather(app),
        "auth_method": pl.Series(methods).gather(way),
        "mfa": second.gather(way),
    }


def _round_trips(profile: Profile, universe: Universe, attempts: Attempts, seed: int) -> pl.Series:
    """Round-trip times, milliseconds: distance to the main country, access line, chance."""
    rows = np.arange(len(attempts.user), dtype=np.int64)
    present = uniform(seed, rows, 41) < profile.rtt_share
    main = np.flatnonzero(
        universe.as_country[universe.network_as] == universe.country(profile.countries[0][0])
    )
    latitude = np.nan_to_num(universe.places["src_latitude"].to_numpy())
    longitude = np.nan_to_num(universe.places["src_longitude"].to_numpy())
    north = latitude[attempts.network] - latitude[main].mean()
    east = longitude[attempts.network] - longitude[main].mean()
    degrees: Floats = np.hypot(north, 0.6 * east)
    noise = np.exp(profile.rtt_noise * normal(seed, rows, 42))
    people = np.arange(int(attempts.user.max(initial=-1)) + 1, dtype=np.int64)
    line = np.exp(profile.rtt_lines * normal(seed, people, 43))[attempts.user]
    value = profile.rtt_scale_ms * (0.70 + 0.225 * noise * line) + degrees * 1.8
    numbers = pl.Series(np.round(value, 0))
    return pl.select(pl.when(pl.Series(present)).then(numbers)).to_series()
