"""The RBA data set (Wiefling et al., ACM TOPS 2022) as logins to measure.

Its two labels mean different things and stay apart. `Is Account Takeover` is the verdict of the
incident team: such a login is judged and then forgotten by its user's past. `Is Attack IP` is the
hit of a blocklist; more than half of those logins succeed, and nobody knows which are malicious:
they are neither legitimate nor attacks, and part of their user's past.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import polars as pl

from authrisk.evaluation.dataset.arrivals import Arrivals
from authrisk.evaluation.dataset.clock import Clock
from authrisk.evaluation.dataset.sample import Sample
from authrisk.features.coded import TIME, USER, code_frame, code_of
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Part

TAKEOVER, BLOCKLISTED = "account takeover", "blocklisted address"
KINDS = ("", TAKEOVER, BLOCKLISTED)
"""What a login is measured as; `Arrivals.kind` counts them from 1, the first is legitimate."""
PSEUDO_USERS = ("-4324475583306591935", "6998943612473066845")
"""Not people: they collect the failed logins to accounts that do not exist."""
BYTES_PER_LOGIN, BYTES_PER_LOGIN_PACKED = 600, 80
"""Of the file, for each successful login that no label speaks of; to choose a sample by."""


class RbaLogins:
    """Turns successive tables of the data set into arrivals, and counts what they were. Mutable."""

    def __init__(self, victims: Collection[str], sample: Sample, skip_days: float) -> None:
        """victims: at least the users with a takeover (`logs.rba_victims`)."""
        self._victims = np.array([code_of("user", user) for user in victims], np.int64)
        self._pseudo = np.array([code_of("user", user) for user in PSEUDO_USERS], np.int64)
        self._sample = sample
        self._clock = Clock(skip_days)
        self.rows = self.successes = self.pseudo = 0
        self.takeovers = self.takeovers_listed = self.takeovers_early = 0
        self.listed = self.listed_successes = 0

    def arrive(self, events: pl.DataFrame, labels: pl.DataFrame) -> Arrivals:
        """The next rows. Raises InputError where time runs backwards."""
        coded = code_frame(events)
        users = coded.ints[:, USER]
        late = self._clock.measured(coded.ints[:, TIME], events["event_id"])
        success = (events["outcome"] == "success").to_numpy()
        takeover = labels["is_account_takeover"].fill_null(value=False).to_numpy()
        listed = labels["is_attack_ip"].fill_null(value=False).to_numpy()
        pseudo = np.isin(users, self._pseudo)
        person = (users != 0) & ~pseudo
        sampled = person & self._sample.has_user(users)
        asked = late & sampled & success & self._sample.has_login(self.rows + np.arange(users.size))
        kind = np.zeros(users.size, np.int8)
        kind[asked & ~takeover] = 1 + KINDS.index("")
        kind[asked & listed & ~takeover] = 1 + KINDS.index(BLOCKLISTED)
        kind[late & takeover] = 1 + KINDS.index(TAKEOVER)
        standing = np.where(takeover, 0, np.where(success, FAMILIAR, EVIDENCE)).astype(np.int8)
        self.rows += users.size
        self.successes += int(success.sum())
        self.pseudo += int(pseudo.sum())
        self.takeovers += int(takeover.sum())
        self.takeovers_listed += int((takeover & listed).sum())
        self.takeovers_early += int((takeover & ~late).sum())
        self.listed += int(listed.sum())
        self.listed_successes += int((listed & success).sum())
        return Arrivals(
            Part(coded, standing, np.ones(users.size, np.bool_)),
            kind,
            kept=sampled | (person & np.isin(users, self._victims)),
        )

    def notes(self) -> Iterator[str]:
        """What the report must say, once all rows have come by."""
        yield (
            f"{self.rows:,} rows, {self.successes:,} of them successful logins, "
            f"{self._clock.told()}. Each is history and counts at its source; measured are, after "
            f"{self._clock.skipped()}, every takeover and the successful logins "
            f"of {self._sample.told()}."
        )
        yield (
            f"{self.pseudo:,} rows belong to the two pseudo-users that collect failures to unknown "
            "accounts: they are nobody's past and not measured, and count at their sources only."
        )
        yield (
            f"`{TAKEOVER}` is the verdict of the data set's incident team (Is Account Takeover): "
            f"{self.takeovers:,} rows, {self.takeovers_listed:,} of them also from a blocklisted "
            f"address, {self.takeovers_early:,} too early to be measured. Each is "
            "judged against its user's past and then forgotten."
        )
        yield (
            f"`{BLOCKLISTED}` is a successful login from an address on a blocklist (Is Attack IP) "
            "without that verdict. It is not known to be an attack, and is not counted as "
            f"legitimate either: {self.listed:,} rows have the mark, {self.listed_successes:,} of "
            "them succeeded. The two labels are never merged; there is no mean over them."
        )
        yield (
            "In this data set times, places, user agents and round-trip times are synthetic, so "
            "figures for features of hour, travel and round-trip time cannot be taken from it."
        )
