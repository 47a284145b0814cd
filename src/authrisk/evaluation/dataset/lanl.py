"""The LANL authentication events (Kent, 2015) and their red team as logins to measure.

A red team's login is one that `redteam.txt` names by time, user and both computers. It is judged
and then forgotten by its user's past. Accounts of machines and of the system are history and no
people: nobody could answer a challenge, so they are not measured.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from authrisk.evaluation.dataset.arrivals import Arrivals
from authrisk.evaluation.dataset.clock import Clock
from authrisk.evaluation.dataset.sample import Sample
from authrisk.features.coded import TIME, USER, code_frame, user_codes
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Part
from authrisk.logs.lanl_redteam import REDTEAM_SCHEMA, redteam_labels

RED_TEAM, RED_TEAM_FAILED = "red team", "red team, failed"
KINDS = ("", RED_TEAM, RED_TEAM_FAILED)
"""What a login is measured as; `Arrivals.kind` counts them from 1, the first is legitimate."""
BYTES_PER_LOGIN, BYTES_PER_LOGIN_PACKED = 400, 45
"""Of the file, for each login of a person; to choose a sample by."""


class LanlLogins:
    """Turns successive tables of events into arrivals, and counts what they were. Mutable."""

    def __init__(self, redteam: pl.DataFrame, sample: Sample, skip_days: float) -> None:
        """redteam: of `logs.lanl_redteam.read_redteam`."""
        self._redteam = redteam
        self._victims = np.unique(user_codes(redteam["user_id"]))
        self._sample = sample
        self._clock = Clock(skip_days)
        self._met: list[pl.DataFrame] = []
        self.rows = self.others = self.failures = self.early = 0

    def arrive(self, events: pl.DataFrame) -> Arrivals:
        """The next events. Raises InputError where time runs backwards."""
        coded = code_frame(events)
        users = coded.ints[:, USER]
        late = self._clock.measured(coded.ints[:, TIME], events["event_id"])
        success = (events["outcome"] == "success").to_numpy()
        attack = redteam_labels(events, self._redteam)["is_attack"].to_numpy()
        person = (users != 0) & events["account_kind"].is_null().to_numpy()
        sampled = person & self._sample.has_user(users)
        chosen = self._sample.has_login(self.rows + np.arange(users.size))
        kind = np.zeros(users.size, np.int8)
        kind[late & sampled & chosen & success] = 1 + KINDS.index("")
        kind[late & attack & success] = 1 + KINDS.index(RED_TEAM)
        kind[late & attack & ~success] = 1 + KINDS.index(RED_TEAM_FAILED)
        standing = np.where(attack, 0, np.where(success, FAMILIAR, EVIDENCE)).astype(np.int8)
        if attack.any():
            self._met.append(events.filter(attack).select(REDTEAM_SCHEMA.names()))
        self.rows += users.size
        self.others += int((~person).sum())
        self.failures += int((~success).sum())
        self.early += int((attack & ~late).sum())
        return Arrivals(
            Part(coded, standing, np.ones(users.size, np.bool_)),
            kind,
            kept=sampled | np.isin(users, self._victims),
        )

    def notes(self) -> Iterator[str]:
        """What the report must say, once all events have come by."""
        yield (
            f"{self.rows:,} logins (LogOn), {self.failures:,} of them failed, "
            f"{self._clock.told()}; the data set counts seconds from its start, here from 1970. "
            "Each is history and counts at its source; measured are, after "
            f"{self._clock.skipped()}, every login of the red team and the successful "
            f"logins of {self._sample.told()}."
        )
        yield (
            f"{self.others:,} logins are those of machines, of the system or of nobody: history, "
            "not measured."
        )
        met = sum(frame.height for frame in self._met)
        rows = pl.concat(self._met).n_unique() if self._met else 0
        yield (
            f"`{RED_TEAM}` are logins that redteam.txt names by time, user, source and "
            f"destination: {rows:,} of its {self._redteam.height:,} different rows are among these "
            f"events, as {met:,} logins, {self.early:,} of them too early to be measured. "
            "Each is judged against its user's past and then forgotten."
        )
        yield "There are no addresses, places and user agents in this data set: hosts stand in."
