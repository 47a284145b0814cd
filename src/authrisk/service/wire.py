"""Every request and answer of the HTTP interface; the OpenAPI document is made of these types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from authrisk.service.problems import ProblemDetails
from authrisk.service.settings import Action

UserID = Annotated[
    int | str,
    Meta(description="Exact user id: text of at most 256 bytes, or an integer up to 2^63."),
]
Timestamp = Annotated[
    int | float | str,
    Meta(description="Seconds, ms, us or ns since 1970, told by magnitude; years 2000-2100."),
]
Location = Annotated[str | None, Meta(description="IPv4 or IPv6 address of the client.")]
UserAgent = Annotated[str | None, Meta(description="The client's User-Agent header.")]
EventID = Annotated[
    str, Meta(description="The caller's id of this login; a retry under it gets the same answer.")
]


class DocumentedRequest(msgspec.Struct, frozen=True):
    """A login as `POST /getAnomalyScore` takes it. All four keys must be there."""

    user_agent: UserAgent = field(name="userAgent")
    timestamp: Timestamp
    user_id: UserID = field(name="userID")
    location: Location


class DocumentedAnswer(msgspec.Struct, frozen=True):
    """The risk score, 0..1 (two decimals), higher is riskier."""

    risk_score: float = field(name="riskScore")


class AssessmentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One login to score. What is not known is left out."""

    user_id: UserID = field(name="userID")
    timestamp: Timestamp
    location: Location = None
    user_agent: UserAgent = field(name="userAgent", default=None)
    event_id: EventID | None = field(name="eventID", default=None)
    outcome: Literal["success", "failure", "interrupted", "unknown"] = "unknown"
    app: str | None = None
    auth_method: str | None = field(name="authMethod", default=None)
    mfa: bool | None = None
    device_id: str | None = field(name="deviceID", default=None)
    session_id: str | None = field(name="sessionID", default=None)
    rtt_ms: Annotated[float, Meta(ge=0, le=3.6e6)] | None = field(name="rttMs", default=None)


class ReasonAnswer(msgspec.Struct, frozen=True):
    """Why the score is what it is."""

    code: str
    message: str
    bits: float | None = None
    """How surprising, in bits; null for a plain fact."""
    observed: str | None = None
    usual: str | None = None


class ModelName(msgspec.Struct, frozen=True):
    """The bundle that answered."""

    name: str
    version: str


class AssessmentAnswer(msgspec.Struct, frozen=True):
    """The risk of one login."""

    event_id: str = field(name="eventID")
    risk_score: float = field(name="riskScore")
    """0..1, full precision; 0.25, 0.5, 0.75, 1.0 are the riskiest 1 in 10, 100, 1,000, 10,000
    legitimate logins."""
    risk_level: Literal["low", "medium", "high"] = field(name="riskLevel")
    state: Literal["scored", "learning"]
    reasons: list[ReasonAnswer]
    recommended_action: Action = field(name="recommendedAction")
    model: ModelName
    degraded: bool
    """True where history could not be read, or the login not be kept, in time."""


class BatchItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one login of a batch: an assessment, or the problem with it."""

    index: int
    assessment: AssessmentAnswer | None = None
    problem: ProblemDetails | None = None


class BatchAnswer(msgspec.Struct, frozen=True):
    """Answers in the order of the request."""

    results: list[BatchItem]


class OutcomeRequest(msgspec.Struct, frozen=True):
    """What became of a login that was scored before."""

    event_id: str = field(name="eventID")
    outcome: Literal["success", "failure", "challenge_passed", "challenge_failed", "abandoned"]


class FeedbackRequest(msgspec.Struct, frozen=True):
    """A person's judgement of a login; becomes a training label."""

    event_id: str = field(name="eventID")
    verdict: Literal["legitimate", "compromised"]
    since: Timestamp | None = None
    """With `compromised`: every login of the user from this time on is taken back too."""


class StandingAnswer(msgspec.Struct, frozen=True):
    """What the login counts for from now on."""

    event_id: str = field(name="eventID")
    standing: Literal["unconfirmed", "familiar", "evidence", "disowned"]
    verdict: str | None


class KeptLogin(msgspec.Struct, frozen=True, kw_only=True):
    """One remembered login."""

    event_id: str = field(name="eventID")
    timestamp: str
    """RFC 3339, UTC."""
    outcome: str
    standing: str
    verdict: str | None
    location: str | None
    country: str | None
    city: str | None
    asn: int | None
    user_agent: str | None = field(name="userAgent")
    browser: str | None
    os: str | None
    risk_score: float | None = field(name="riskScore")


class UserLogins(msgspec.Struct, frozen=True):
    """What is kept of one user, newest last."""

    user_id: str = field(name="userID")
    logins: list[KeptLogin]


class ErasureAnswer(msgspec.Struct, frozen=True):
    """How many logins of the user were erased."""

    user_id: str = field(name="userID")
    erased: int


class ModelAnswer(msgspec.Struct, frozen=True):
    """The bundle that serves, as it describes itself."""

    name: str
    version: str
    manifest: dict[str, Any]
    metrics: dict[str, Any]
    card: str
    """The model card, Markdown."""


class ShadowDifference(msgspec.Struct, frozen=True):
    """A login that two bundles judge differently."""

    event_id: str = field(name="eventID")
    served: float
    """riskScore that was answered."""
    shadow: float
    served_level: Literal["low", "medium", "high"] = field(name="servedLevel")
    shadow_level: Literal["low", "medium", "high"] = field(name="shadowLevel")


class ShadowAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a second bundle would have said of the logins since the start."""

    name: str
    version: str
    logins: int
    differ: int
    """Logins whose level differs."""
    left_out: int = field(name="leftOut")
    served_then_shadow: dict[str, dict[str, int]] = field(name="servedThenShadow")
    """Logins by the level that was answered, then by the shadow's."""
    latest: list[ShadowDifference]


class StatusAnswer(msgspec.Struct, frozen=True):
    """How the process is."""

    status: str
