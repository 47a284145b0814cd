"""What an operator may set about the service. Small, frozen, passed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from authrisk.service.rates import Rate

USER_RATE = Rate(per_s=10.0, burst=600.0)
Action = Literal["allow", "challenge", "deny"]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, kw_only=True)
class Actions:
    """The recommended action for each risk level of a scored login.

    While the model is learning, and whenever history was out of reach, `deny` becomes
    `challenge`: too little is known to lock somebody out.
    """

    low: Action = "allow"
    medium: Action = "challenge"
    high: Action = "deny"


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Everything that changes how the service answers.

    >>> ServiceSettings().strict_ip
    False
    """

    hosts: frozenset[str] | None = LOOPBACK_NAMES
    """Accepted names in the `Host` header (a page of a rebound name must not read answers);
    None accepts any name, for a service that is bound beyond the loopback address."""
    origins: frozenset[str] = frozenset()
    """Web origins beside the service's own that may call it, e.g. `https://admin.example`."""
    strict_ip: bool = False
    """Refuse (422) what is no IP address, instead of scoring it as an unknown place."""
    actions: Actions = Actions()
    on_store_failure: Literal["step-up", "open", "closed"] = "step-up"
    """What is answered while history does not answer, or does not take the login: at least medium
    risk and a challenge; the score that there is, and no challenge for the outage's sake; or the
    highest risk and no entry."""
    patience_s: float = 0.15
    """How long an answer waits for the user's turn, history and model, and for the login to be on
    the disk, all together; past it `degraded` is true. Callers wait 200 ms: what is left is for the
    fallback and the way back."""
    report_patience_s: float = 2.0
    """How long outcomes, verdicts, erasures and look-ups wait for history; past it the answer is
    503, and the change may still come about: asking again does no harm."""
    waiting_logins: int = 512
    """Logins that may wait for their score; past it the answer is 503 at once."""
    waiting_writes: int = 4096
    """Logins that may wait for the disk; past it they are answered `degraded`, and not kept."""
    write_threads: int = 128
    """Logins that can share one commit; so also how soon what a disk that hung has left behind is
    written, until when answers stay degraded."""
    largest_body: int = 16 * 1024
    """Bytes of one request."""
    largest_batch_body: int = 1024 * 1024
    """Bytes of a batch."""
    largest_batch: int = 1000
    """Logins in a batch."""
    user_rate: Rate = USER_RATE
    """How often the logins of one user may be asked about; past it the answer is 429, which a
    caller takes as step-up."""
    future_tolerance_s: float = 300.0
    """A login stamped further ahead of our clock is flagged and never becomes familiar."""
    retention_days: float | None = None
    """Logins older than that, by their own stamp, are erased; None keeps them for good."""
    retention_every_s: float = 3600.0
    """How often the old ones are looked for; for the first time after a sixth of that."""
    snapshot_every_s: float = 300.0
    """How often population counts and live calibration are kept, for a restart to go on from."""
