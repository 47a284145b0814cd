"""`authrisk demo`: everything at once, on invented logins."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.terminal import report, show, table

if TYPE_CHECKING:
    import polars as pl

WHAT = {
    "T1": "guesses the password from anywhere",
    "T2": "proxy in the victim's country",
    "T3": "proxy and a copied user agent",
    "T4": "proxy in the victim's network, copied user agent",
}
_PER_KIND = 2


def run(
    users: Annotated[int, typer.Option(min=20, help="How many invented people.")] = 3_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same demo.")] = 1,
    serve: Annotated[bool, typer.Option(help="Start the service afterwards.")] = False,
) -> None:
    """Score invented logins, some by attackers.

    Both pretrained bundles score them; a few are shown, with the reasons.

    \b
    Example:
      authrisk demo
    """
    from authrisk.eventlog import write_events
    from authrisk.models.bundle import PRETRAINED
    from authrisk.simulate.attackers import inject
    from authrisk.simulate.profile import CONSUMER
    from authrisk.simulate.world import simulate

    real = simulate(CONSUMER, users, seed, 365, attacks=False).events
    events, labels = inject(real, tuple(WHAT), seed, 0.02).apply(real)
    report(f"{events.height:,} logins of {users:,} invented people, among them "
           f"{int(labels['is_attack'].sum()):,} by attackers")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        write_events(path, [events])
        scores = {name: _scored(path, name) for name in PRETRAINED}
    show(_table(events, labels, scores))
    for name, frame in scores.items():
        report(f"{name}: {_shares(events, labels, frame)}")
    if serve:
        from authrisk.cli.serve import run as serve_now

        serve_now()
        return
    report("Score your own logins live with: authrisk serve")


def _scored(path: Path, name: str) -> pl.DataFrame:
    import polars as pl

    from authrisk.evaluation.scores import score_file
    from authrisk.models.bundle import load_bundle, locate_bundle

    report(f"scoring with the pretrained {name} bundle ...")
    return pl.concat(score_file(path, load_bundle(locate_bundle(name))))


def _shares(events: pl.DataFrame, labels: pl.DataFrame, scores: pl.DataFrame) -> str:
    import numpy as np

    asked = (scores["risk_score"] >= 0.5).to_numpy()
    success = (events["outcome"] == "success").to_numpy()
    attack = labels["is_attack"].to_numpy()
    theirs, ours = (float(np.mean(asked[success & who])) for who in (attack, ~attack))
    return f"riskScore >= 0.5 for {theirs:.0%} of the attackers' logins, {ours:.1%} of the others"


def _table(
    events: pl.DataFrame, labels: pl.DataFrame, scores: dict[str, pl.DataFrame]
) -> list[str]:
    """A few late logins of each kind, in the order of their kind."""
    import polars as pl

    judged = scores["supervised"]
    both = pl.DataFrame(
        {
            "tier": labels["tier"],
            "user": events["user_id"],
            "time": events["timestamp"].dt.strftime("%Y-%m-%d %H:%M"),
            **{name: frame["risk_score"] for name, frame in scores.items()},
            "reasons": judged["reasons"].str.replace_all(";", ", "),
        }
    )
    person = (events["outcome"] == "success") & events["account_kind"].is_null()
    both = both.filter(person & (judged["state"] == "scored"))
    both = both.unique("user", keep="last", maintain_order=True)
    rows = []
    for tier in (None, *WHAT):
        kind = both.filter(pl.col("tier").eq_missing(pl.lit(tier, pl.String)))
        for row in kind.tail(_PER_KIND).iter_rows(named=True):
            who = "the user" if tier is None else f"{tier} {WHAT[tier]}"
            figures = [f"{row[name]:.2f}" for name in scores]
            rows.append([who, row["time"], row["user"], *figures, row["reasons"] or "-"])
    return table(["who really logs in", "time", "user", *scores, "reasons"], rows)
