"""The RBA data set: its two labels stay apart, its pseudo-users out."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from authrisk.errors import InputError
from authrisk.evaluation.dataset.arrivals import replay_arrivals
from authrisk.evaluation.dataset.rba import BLOCKLISTED, KINDS, PSEUDO_USERS, TAKEOVER, RbaLogins
from authrisk.evaluation.dataset.report import dataset_report
from authrisk.evaluation.dataset.sample import Sample, share_of
from authrisk.evaluation.report.markdown import to_markdown
from authrisk.models.bundle import Bundle


@pytest.fixture(scope="module")
def logins(events: pl.DataFrame) -> pl.DataFrame:
    row = pl.int_range(pl.len())
    some = events[:3_000]
    return some.with_columns(
        user_id=pl.when((row % 10 == 0) & (pl.col("outcome") == "failure"))
        .then(pl.lit(PSEUDO_USERS[1]))
        .otherwise("user_id")
    )


@pytest.fixture(scope="module")
def labels(logins: pl.DataFrame) -> pl.DataFrame:
    row = pl.int_range(pl.len())
    return logins.select(
        "event_id",
        is_account_takeover=(row % 40 == 0) & (pl.col("outcome") == "success"),
        is_attack_ip=row % 8 == 0,
    )


def test_every_login_is_one_thing(logins: pl.DataFrame, labels: pl.DataFrame) -> None:
    """A takeover is no blocklist hit, a blocklist hit no legitimate login, a failure neither."""
    kind = RbaLogins((), Sample(), 0.0).arrive(logins, labels).kind
    success = (logins["outcome"] == "success").to_numpy()
    takeover, listed = labels["is_account_takeover"].to_numpy(), labels["is_attack_ip"].to_numpy()
    assert (takeover & listed).any()
    names = np.array(["unmeasured", *KINDS])[kind]
    assert np.array_equal(names == TAKEOVER, takeover)
    assert np.array_equal(names == BLOCKLISTED, success & listed & ~takeover)
    assert np.array_equal(names == "", success & ~listed & ~takeover)


def test_pseudo_users_have_no_past(logins: pl.DataFrame, labels: pl.DataFrame) -> None:
    """Their rows are counted, said, kept at the sources, and nobody's past."""
    marking = RbaLogins((), Sample(), 0.0)
    arrived = marking.arrive(logins, labels)
    pseudo = (logins["user_id"] == PSEUDO_USERS[1]).fill_null(value=False).to_numpy()
    assert pseudo.any()
    assert not arrived.kept[pseudo].any()
    assert not arrived.kind[pseudo].any()
    assert arrived.part.counted[pseudo].all()
    assert any(
        f"{pseudo.sum():,} rows belong to the two pseudo-users" in n for n in marking.notes()
    )


def test_the_report_keeps_the_labels_apart(
    bundle: Bundle, logins: pl.DataFrame, labels: pl.DataFrame
) -> None:
    """Both labels have their figures, nothing is a mean over them, and too little is said so."""
    marking = RbaLogins((), Sample(), 1.0)
    judged = list(replay_arrivals([marking.arrive(logins, labels)], bundle))
    report = dataset_report(judged, KINDS, bundle, "rba", marking.notes(), rounds=5)
    assert set(report.setting.attacks) == {TAKEOVER, BLOCKLISTED}
    mine = report.contenders[0]
    assert not mine.probability
    assert all(v.macro_at_1pct is None and v.macro_at_01pct is None for v in mine.views)
    assert all(t.recall_at_1pct is None for v in mine.views if v.legitimate < 100 for t in v.tiers)
    text = to_markdown(report)
    assert "macro" not in text
    assert "two pseudo-users" in text
    assert f"| {TAKEOVER} |" in text
    assert f"| {BLOCKLISTED} |" in text


def test_without_takeovers_that_is_said(bundle: Bundle, logins: pl.DataFrame) -> None:
    """A handful of rows gives a report without figures that it cannot have, and says why."""
    unlabelled = logins.select("event_id", is_account_takeover=None, is_attack_ip=None).cast(
        {"is_account_takeover": pl.Boolean, "is_attack_ip": pl.Boolean}
    )
    marking = RbaLogins((), Sample(), 0.0)
    judged = list(replay_arrivals([marking.arrive(logins[:40], unlabelled[:40])], bundle))
    report = dataset_report(judged, KINDS, bundle, "rba", marking.notes(), rounds=5)
    text = to_markdown(report)
    assert "give no threshold for 1.0% false positives" in text
    assert f"no measured login is labelled `{TAKEOVER}`" in text
    with pytest.raises(InputError, match="no login is left"):
        dataset_report([], KINDS, bundle, "rba", ())


def test_time_must_not_run_backwards(logins: pl.DataFrame, labels: pl.DataFrame) -> None:
    """A file out of order is refused, within a table and between two."""
    with pytest.raises(InputError, match="earlier than the row before"):
        RbaLogins((), Sample(), 0.0).arrive(logins.reverse(), labels)
    marking = RbaLogins((), Sample(), 0.0)
    marking.arrive(logins[100:], labels[100:])
    with pytest.raises(InputError, match="sort the file"):
        marking.arrive(logins[:100], labels[:100])


def test_a_sample_has_its_size() -> None:
    """The hash takes the asked share of neighbours and of users; small files are taken whole."""
    numbers = np.arange(200_000)
    for share in (0.01, 0.3):
        assert abs(Sample(users=share).has_user(numbers).mean() - share) < 0.005
    assert Sample().has_login(numbers).all()
    assert share_of(5_000, 600) == 1.0
