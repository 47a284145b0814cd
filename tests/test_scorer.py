"""The scorer: what is remembered, what becomes familiar, and what a restart keeps."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from authrisk.event import LoginEvent, Outcome
from authrisk.history.memory import MemoryStore
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing
from authrisk.models.bundle import PRETRAINED, Bundle, load_bundle, pretrained_path
from authrisk.models.calibration import level_of
from authrisk.scorer import YOUNG, RiskAssessment, Scorer

DAY_NS = 86_400 * 10**9
HOME = {
    "src_ip": "84.208.20.1", "src_country": "NO", "src_asn": 2119, "src_latitude": 59.9,
    "src_longitude": 10.7, "src_network": "public", "user_agent": "A", "browser": "Chrome",
    "browser_version": "120.0", "os": "Windows", "os_version": "10", "device_type": "desktop",
    "app": "mail", "auth_method": "password",
}  # fmt: skip
AWAY = {
    "src_ip": "177.10.1.9", "src_country": "BR", "src_asn": 28573, "src_latitude": -15.8,
    "src_longitude": -47.9, "user_agent": "B", "browser": "Firefox", "browser_version": "90.0",
    "os": "Linux", "os_version": None,
}  # fmt: skip

ELSEWHERE = {name: value for name, value in AWAY.items() if name.startswith("src_")}


@pytest.fixture(scope="module", params=PRETRAINED)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return load_bundle(pretrained_path(request.param))


def login(n: int, user: str = "u", outcome: Outcome = Outcome.SUCCESS, **changes) -> LoginEvent:
    return LoginEvent(
        event_id=f"{user}-{n}", timestamp_ns=1_700_000_000 * 10**9 + n * DAY_NS, user_id=user,
        outcome=outcome, **(HOME | changes),
    )  # fmt: skip


def tell(scorer: Scorer, event: LoginEvent) -> RiskAssessment:
    assessment = scorer.assess(event)
    scorer.remember(event, assessment)
    return assessment


@pytest.fixture
def scorer(bundle: Bundle) -> Scorer:
    """A scorer that knows ten logins from home."""
    scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
    for n in range(10):
        tell(scorer, login(n))
    return scorer


def test_assessment(scorer: Scorer, bundle: Bundle) -> None:
    """An assessment names its event and its bundle; its level is that of its score; elsewhere on
    another device is riskier than home."""
    home, away = scorer.assess(login(11)), scorer.assess(login(11, **AWAY))
    for found in (home, away):
        assert found.event_id == "u-11"
        assert (found.model_name, found.model_version) == (bundle.name, bundle.version)
        assert found.risk_level == level_of(found.risk_score)
        assert (found.probability is None) == (bundle.manifest.kind == "autoencoder")
    assert away.risk_score > home.risk_score
    assert away.raw > home.raw
    reasons = {reason.code for reason in scorer.assess(login(11, **ELSEWHERE)).reasons}
    assert {"new_country", "new_network", "new_address"} <= reasons


@pytest.mark.parametrize(
    ("outcome", "trust", "risk", "standing"),
    [
        (Outcome.SUCCESS, "confirmed", 0.9, Standing.FAMILIAR),
        (Outcome.SUCCESS, "low-risk", 0.9, Standing.FAMILIAR),
        (Outcome.FAILURE, "confirmed", 0.1, Standing.EVIDENCE),
        (Outcome.FAILURE, "low-risk", 0.1, Standing.EVIDENCE),
        (Outcome.INTERRUPTED, "low-risk", 0.1, Standing.UNCONFIRMED),
        (Outcome.UNKNOWN, "confirmed", 0.1, Standing.UNCONFIRMED),
        (Outcome.UNKNOWN, "low-risk", 0.4999, Standing.FAMILIAR),
        (Outcome.UNKNOWN, "low-risk", 0.5, Standing.UNCONFIRMED),
    ],
)
def test_standing(bundle: Bundle, outcome, trust, risk: float, standing: Standing) -> None:
    """What a login counts for until more is heard of it."""
    scorer = Scorer(bundle, MemoryStore(), trust=trust)
    assert scorer.standing_of(login(1, outcome=outcome), risk) is standing


@pytest.mark.parametrize("outcome", [Outcome.FAILURE, Outcome.UNKNOWN, Outcome.INTERRUPTED])
def test_nothing_but_success_makes_familiar(scorer: Scorer, outcome: Outcome) -> None:
    """A hundred attempts without success from elsewhere never make elsewhere familiar."""
    for n in range(100):
        attempt = login(11, outcome=outcome, **ELSEWHERE)
        tell(scorer, msgspec.structs.replace(attempt, event_id=f"attempt-{n}"))
    codes = {reason.code for reason in scorer.assess(login(13, **ELSEWHERE)).reasons}
    assert {"new_country", "new_network", "new_address"} <= codes


def test_outcomes_and_verdicts(scorer: Scorer) -> None:
    """An unconfirmed login becomes familiar by its outcome, is forgotten by a verdict, and no
    later outcome brings it back; a second verdict does."""
    elsewhere = login(11, outcome=Outcome.UNKNOWN, **AWAY)
    probe = login(12, **AWAY)
    strange = scorer.assess(probe).raw
    tell(scorer, elsewhere)
    assert scorer.store.get("u-11").standing is Standing.UNCONFIRMED
    scorer.resolve("u-11", "challenge_passed")
    familiar = scorer.assess(probe).raw
    assert familiar < strange
    scorer.judge("u-11", "compromised")
    assert scorer.store.get("u-11").standing is Standing.DISOWNED
    disowned = scorer.assess(probe).raw
    assert disowned > familiar
    scorer.resolve("u-11", "success")
    assert scorer.store.get("u-11").standing is Standing.DISOWNED
    scorer.judge("u-11", "legitimate")
    assert scorer.store.get("u-11").standing is Standing.FAMILIAR


@pytest.mark.parametrize(
    ("outcome", "standing"),
    [("success", Standing.FAMILIAR), ("challenge_passed", Standing.FAMILIAR),
     ("failure", Standing.EVIDENCE), ("challenge_failed", Standing.EVIDENCE),
     ("abandoned", Standing.EVIDENCE)],
)  # fmt: skip
def test_each_outcome(scorer: Scorer, outcome: str, standing: Standing) -> None:
    """Each outcome has its standing; one of no login changes nothing."""
    tell(scorer, login(11, outcome=Outcome.UNKNOWN))
    assert scorer.resolve("u-11", outcome).standing is standing
    assert scorer.resolve("nobody's", outcome) is None
    assert scorer.judge("nobody's", "legitimate") is None


def test_compromised_since(scorer: Scorer) -> None:
    """`compromised` with a time brings a probe's view of its user back to before that time."""
    probe = login(30, **AWAY)
    before = [reason.code for reason in scorer.assess(probe).reasons]
    for n in range(15, 20):
        tell(scorer, login(n, **AWAY))
    assert "new_country" not in {reason.code for reason in scorer.assess(probe).reasons}
    scorer.judge("u-15", "compromised", since_ns=login(15).timestamp_ns)
    after = [reason.code for reason in scorer.assess(probe).reasons]
    assert set(after) & {"new_country", "new_network"} == set(before) & {
        "new_country", "new_network"
    }  # fmt: skip


def test_forgetting(scorer: Scorer, bundle: Bundle) -> None:
    """An erased user is met for the first time; ids that come again are read anew."""
    assert scorer.forget("u") == 10
    found = scorer.assess(login(11))
    assert found.state == "learning"
    assert "no_history" in {reason.code for reason in found.reasons}
    for n in range(10):
        tell(scorer, login(n, **AWAY))
    other = Scorer(bundle, MemoryStore(), trust="confirmed")
    for n in range(10):
        tell(other, login(n, **AWAY))
    probe = login(11, **AWAY)
    assert [r.code for r in scorer.assess(probe).reasons] == [
        r.code for r in other.assess(probe).reasons
    ]


def test_learning(bundle: Bundle) -> None:
    """An installation is learning until it has seen enough logins, a user until the first."""
    scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
    for n in range(YOUNG):
        assert tell(scorer, login(n % 9, user=f"u{n // 9}")).state == "learning"
    assert scorer.assess(login(10, user="u0")).state == "scored"
    assert scorer.assess(login(10, user="new")).state == "learning"


@pytest.mark.parametrize("saved_at", [None, 0, 7, 20])
def test_a_restart_scores_alike(bundle: Bundle, tmp_path: Path, saved_at: int | None) -> None:
    """After a restart, wherever the last snapshot was taken, the scores are as before."""
    store = SqliteStore(tmp_path / "history.sqlite")
    scorer = Scorer(bundle, store, trust="confirmed")
    for n in range(20):
        if n == saved_at:
            scorer.save()
        tell(scorer, login(n, user=f"u{n % 3}", **(AWAY if n % 4 == 0 else {})))
    probe = login(30, user="u1")
    before = scorer.assess(probe)
    store.close()
    store = SqliteStore(tmp_path / "history.sqlite")
    again = Scorer(bundle, store, trust="confirmed")
    assert again.assess(probe) == before
    assert again.population.to_bytes() == scorer.population.to_bytes()
    store.close()


def test_calibration_follows_told_logins_only(bundle: Bundle, tmp_path: Path) -> None:
    """Logins that are familiar for their low risk move nothing until they are told to be
    legitimate, failures never; a restart and a reload of the bundle keep what was learned."""
    store = SqliteStore(tmp_path / "history.sqlite")
    scorer = Scorer(bundle, store, trust="low-risk")
    sample = scorer.assess(login(0))
    events = [login(0, user=f"u{n}", outcome=Outcome.UNKNOWN) for n in range(500)]
    for event in events:
        scorer.remember(event, sample)
    assert scorer.calibrator is bundle.calibrator
    for n, event in enumerate(events):
        scorer.resolve(event.event_id, "success" if n % 2 == 0 else "failure")
        if n == 497:
            assert scorer.calibrator is bundle.calibrator
    learned = scorer.calibrator.calibration
    assert learned != bundle.calibrator.calibration
    scorer.save()
    assert Scorer(bundle, store).calibrator.calibration == learned
    assert Scorer(bundle, store, adapt=False).calibrator is bundle.calibrator
    assert scorer.with_bundle(bundle).calibrator.calibration == learned
    store.close()


def test_another_bundle_over_the_same_history(scorer: Scorer) -> None:
    """Replacing the bundle keeps history and counts; each answer names its own bundle."""
    for name in PRETRAINED:
        other = scorer.with_bundle(load_bundle(pretrained_path(name)))
        assert other.assess(login(11)).model_name == other.bundle.name
        assert other.population is scorer.population
        assert other.store is scorer.store
        fresh = Scorer(other.bundle, scorer.store, trust="confirmed")
        assert other.assess(login(11, **AWAY)) == fresh.assess(login(11, **AWAY))


def test_failures_are_weighed_within_bounds(scorer: Scorer) -> None:
    """300 failed attempts on a user weigh as much as 100 do, and are forgotten a day later."""
    calm = scorer.assess(login(20)).raw
    for n in range(100):
        attempt = login(11, outcome=Outcome.FAILURE, src_ip=f"203.0.113.{n}", src_asn=None)
        tell(scorer, msgspec.structs.replace(attempt, event_id=f"attempt-{n}"))
    hundred = scorer.assess(login(11)).raw
    for n in range(100, 300):
        attempt = login(11, outcome=Outcome.FAILURE, src_ip=f"198.51.100.{n % 250}", src_asn=None)
        tell(scorer, msgspec.structs.replace(attempt, event_id=f"attempt-{n}"))
    assert scorer.assess(login(11)).raw == hundred
    assert scorer.assess(login(20)).raw == calm


@pytest.mark.parametrize("how", ["verdict", "outcome"])
def test_a_failed_login_never_becomes_familiar(scorer: Scorer, how: str) -> None:
    """Whoever vouches for it, a login that failed stays evidence; the verdict is kept."""
    tell(scorer, login(11, outcome=Outcome.FAILURE, **AWAY))
    size = scorer.population.size
    if how == "verdict":
        stored = scorer.judge("u-11", "legitimate")
        assert stored is not None and stored.verdict == "legitimate"
    else:
        stored = scorer.resolve("u-11", "success")
    assert stored is not None and stored.standing is Standing.EVIDENCE
    assert scorer.population.size == size
    assert "new_country" in {r.code for r in scorer.assess(login(12, **AWAY)).reasons}


def test_all_that_is_disowned_is_taken_back(bundle: Bundle) -> None:
    """However many logins of other standings came later, the counts lose every disowned one."""
    store = MemoryStore()
    scorer = Scorer(bundle, store, trust="confirmed")
    for n in range(600):
        event = login(n)
        scorer.remember(event, RISKLESS, standing=Standing.FAMILIAR)
    for n in range(600, 1300):
        scorer.remember(login(n, outcome=Outcome.FAILURE), RISKLESS)
    assert scorer.population.size == 600
    scorer.judge("u-0", "compromised", since_ns=0)
    assert store.recent("u", 1 << 62, 10) == []
    assert scorer.population.size == 0


def test_counts_never_fall_below_nothing(scorer: Scorer) -> None:
    """Taking back what was never counted leaves finite scores."""
    for n in range(40, 70):
        scorer.store.append(login(n), Standing.FAMILIAR)
        scorer.resolve(f"u-{n}", "failure")
    assert scorer.population.size == 0
    assert 0.0 <= scorer.assess(login(80)).risk_score <= 1.0


RISKLESS = RiskAssessment("", 0.0, "low", "learning", (), "", "", 0.0)


def test_many_at_once_score_as_one_by_one(bundle: Bundle) -> None:
    """Logins that share a run of the model, some of them remembered already, get the very answers
    that each gets alone."""
    scorer = Scorer(bundle, MemoryStore())
    kept = [login(n, user=f"u{n % 3}", src_ip=f"8.8.{n % 5}.8") for n in range(30)]
    for event in kept:
        tell(scorer, event)
    asked = [login(100 + n, user=f"u{n}", src_ip=f"9.9.{n}.9") for n in range(7)] + kept[::4]
    together = scorer.assess_each(asked, [scorer.store.get(e.event_id) for e in asked])
    assert together == [scorer.assess(event) for event in asked]
