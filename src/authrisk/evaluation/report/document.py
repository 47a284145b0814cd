"""What a report says, in sections of sentences, tables and plots; the form comes later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from authrisk.evaluation.asked import LABELLED, MACRO_TIERS, MIMIC
from authrisk.evaluation.figures import ContenderFigures, Difference, Report, TierFigures, View
from authrisk.evaluation.intervals import Estimate
from authrisk.evaluation.metrics import RATES
from authrisk.evaluation.report.tables import Table, percent, points, rate_name, spread

MACRO = "macro"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, sentences first, tables last."""

    title: str
    text: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()
    """Names of plots (report.plots)."""
    tables: tuple[Table, ...] = ()


def title_of(report: Report) -> str:
    """The report's heading."""
    if len(report.contenders) == 1:
        return f"{report.contenders[0].name} on {report.setting.source}"
    return f"{len(report.contenders)} contenders on {report.setting.source}"


def sections(report: Report) -> Iterator[Section]:
    """The whole report. What was not measured has no section."""
    yield _setting(report)
    yield _recall(report)
    views = [name for name in ("warm", "unseen") if report.contenders[0].view(name)]
    if views:
        yield Section(
            "Users met in training, and users never met",
            ("Thresholds are taken among the legitimate logins of the same users.",),
            tables=tuple(
                _recalls(report, name, rate) for name in views for rate in range(len(RATES))
            ),
        )
    if report.differences:
        yield _differences(report)
    if report.left_out:
        yield _left_out(report)
    yield _promises(report)
    if any(c.probability for c in report.contenders):
        yield _probability(report)
    yield _burdens(report)
    yield from _slices(report)
    if any(c.pursuits for c in report.contenders):
        yield _pursuits(report)
    yield _costs(report)


def _setting(report: Report) -> Section:
    s = report.setting
    users = f"{s.legitimate:,} legitimate logins of {s.users:,} users"
    if s.unseen_users:
        users += f", {s.unseen_users:,} of them never met in training"
    seeds = max(c.seeds for c in report.contenders)
    rounds = f"{s.rounds} rounds that draw users again" + (" and seeds" if seeds > 1 else "")
    attacks = ", ".join(f"{n:,} of {tier}" for tier, n in s.attacks.items()) or "none"
    text = [
        f"{users}. {_labelled(report).capitalize()}: {attacks}.",
        f"Intervals are of 95 %, from {rounds}; all contenders share the rounds.",
    ]
    if seeds > 1:
        text.append(f"Figures are means over {seeds} training seeds.")
    if len(report.contenders) == 1:
        realised = {(p.period, p.promised): p.realised for p in report.contenders[0].promises}
        text += [
            f"Promised {rate_name(promised)} of legitimate logins challenged, realised in the "
            f"{period} period {spread(value, 3)}."
            for (period, promised), value in realised.items()
        ]
    if report.audit is not None:
        text.append(f"Audit of the attacks: {report.audit}")
    text += s.notes
    periods = [[key.replace("_", " "), value] for key, value in s.periods.items()]
    return Section("What was measured", tuple(text), tables=(Table(("", ""), tuple(periods)),))


def _recall(report: Report) -> Section:
    text: tuple[str, ...] = (
        f"Recall is the share of {_labelled(report)} above the score that 1 % (0.1 %) of the "
        "legitimate logins exceed.",
    )
    if not _has_own_labels(report):
        text += (
            f"`{MACRO}` is the mean over tiers without {MIMIC}: a perfect copy of its victim, "
            "whose recall must be the false-positive rate itself; more would prove a leak.",
        )
    if len(report.contenders) == 1:
        view = report.contenders[0].view()
        found = [] if view is None else [_of_tiers(view, _labelled(report))]
        return Section("Recall", text, ("recall", "scores"), tuple(found))
    tables = tuple(_recalls(report, "all", rate) for rate in range(len(RATES)))
    mimics = _mimics(report)
    return Section(
        "Recall", text, ("recall", "sequence", "scores"), (*tables, *([mimics] if mimics else []))
    )


def _labelled(report: Report) -> str:
    """What is told from legitimate logins; the labels of a data set need not mean attacks."""
    return "labelled logins" if _has_own_labels(report) else "attacks"


def _has_own_labels(report: Report) -> bool:
    """Whether the tiers are a data set's own labels, which are never averaged; or there is none."""
    tiers = set(report.setting.attacks)
    return not tiers or not tiers <= {*MACRO_TIERS, MIMIC, LABELLED}


def _of_tiers(view: View, what: str) -> Table:
    head = (what, "n", "recall @1 %", "recall @0.1 %", "riskScore >= 0.5",
            "precision at 1 in 10,000", "AUC")  # fmt: skip
    rows = [
        [
            t.tier, f"{t.attacks:,}", spread(t.recall_at_1pct), spread(t.recall_at_01pct),
            percent(t.caught), percent(t.average_precision),
            "-" if t.auc is None else f"{t.auc.value:.3f}",
        ]
        for t in view.tiers
    ]  # fmt: skip
    if view.macro_at_1pct is not None:
        mean = spread(view.macro_at_1pct), spread(view.macro_at_01pct)
        rows.append([MACRO, "", *mean, "", "", ""])
    return Table(head, tuple(rows))


def _recalls(report: Report, name: str, rate: int) -> Table:
    """Contenders by tiers, the mean with its interval, the best of each column marked."""
    tiers = [tier for tier in report.setting.attacks if tier != MIMIC]
    views = {c.name: c.view(name) for c in report.contenders}
    rows, values = [], []
    for contender, view in views.items():
        if view is None:
            continue
        found = {t.tier: _recall_of(t, rate) for t in view.tiers}
        macro = (view.macro_at_1pct, view.macro_at_01pct)[rate]
        cells = [found.get(tier) for tier in tiers]
        rows.append([contender, *(percent(cell) for cell in cells), spread(macro)])
        values.append([*cells, macro])
    best = tuple(
        max(range(len(values)), key=lambda i: _value(values[i][column]), default=-1)
        for column in range(len(tiers) + 1)
    )
    who = {"all": "all users", "warm": "users met in training", "unseen": "users never met"}[name]
    return Table(
        ("", *tiers, MACRO),
        tuple(rows),
        f"Recall at {rate_name(RATES[rate])} false positives, {who}",
        best=(-1, *best),
    )


def _mimics(report: Report) -> Table | None:
    rows = []
    for contender in report.contenders:
        view = contender.view()
        for t in () if view is None else view.tiers:
            if t.tier == MIMIC and t.recall_at_1pct is not None:
                fits = "yes" if t.recall_at_1pct.holds(RATES[0]) else "no"
                rows.append([contender.name, spread(t.recall_at_1pct), fits])
    if not rows:
        return None
    return Table(("", f"{MIMIC} recall @1 %", "holds 1 %"), tuple(rows), "The perfect copy")


def _differences(report: Report) -> Section:
    tiers = [tier for tier in report.setting.attacks if tier in MACRO_TIERS]
    tables = []
    for mine in report.ours:
        theirs = [d for d in report.differences if d.first == mine]
        for rate in RATES:
            rows = []
            for rival in dict.fromkeys(d.second for d in theirs):
                mine_now = [d for d in theirs if d.second == rival and d.rate == rate]
                cells = [_difference(mine_now, "all", tier) for tier in (*tiers, MACRO)]
                for view in ("warm", "unseen"):
                    if any(d.view == view for d in mine_now):
                        cells.append(_difference(mine_now, view, MACRO))
                rows.append([rival, *cells])
            more = [f"{MACRO} {v}" for v in ("warm", "unseen") if any(d.view == v for d in theirs)]
            tables.append(
                Table(
                    ("", *tiers, MACRO, *more),
                    tuple(rows),
                    f"{mine} minus others, at {rate_name(rate)}",
                )
            )
    return Section(
        "Differences in pairs",
        ("Points of recall, both contenders in the same rounds. Above zero the first is ahead.",),
        tables=tuple(tables),
    )


def _difference(found: list[Difference], view: str, tier: str) -> str:
    return next((points(d.difference) for d in found if (d.view, d.tier) == (view, tier)), "-")


def _left_out(report: Report) -> Section:
    rows = [
        [x.tier, x.name, str(x.seeds), spread(x.recall_at_1pct), spread(x.recall_at_01pct),
         spread(x.trained_with_at_1pct)]
        for x in sorted(report.left_out, key=lambda x: (x.tier, -_value(x.recall_at_1pct)))
    ]  # fmt: skip
    head = ("tier left out", "", "seeds", "recall @1 %", "recall @0.1 %", "@1 %, trained with it")
    return Section(
        "A tier left out of training",
        ("What is caught of attackers that the model never met in training.",),
        tables=(Table(head, tuple(rows)),),
    )


def _promises(report: Report) -> Section:
    first = report.contenders[0].promises
    head = ("", *(f"{p.period}, promised {rate_name(p.promised)}" for p in first))
    rows = [
        [c.name, *(spread(p.realised, 3 if p.promised < 0.005 else 2) for p in c.promises)]
        for c in report.contenders
    ]
    return Section(
        "Promised and realised",
        ("Share of legitimate logins that reach riskScore 0.5 (promised 1 %) and 0.75 (0.1 %).",),
        ("reliability",),
        (Table(head, tuple(rows)),),
    )


def _probability(report: Report) -> Section:
    rows = [
        [c.name, f"{r.prevalence:.4g}", f"{r.error:.2g}", f"{r.brier:.2g}"]
        for c in report.contenders
        for r in c.probability
    ]
    return Section(
        "Probability",
        (
            "Attacks are weighted to a stated prevalence, every tier alike. At 1 in 10,000 even a "
            "model that always says no errs by 0.0001 only, so the error at an even prevalence "
            "stands beside it.",
        ),
        tables=(Table(("", "prevalence", "calibration error", "Brier"), tuple(rows)),),
    )


def _burdens(report: Report) -> Section:
    kinds = report.contenders[0].burdens
    head = ("", *(f"{b.logins} logins: {what}" for b in kinds for what in ("median", "mean")))
    rows = [
        [c.name, *(x for b in c.burdens for x in (_plain(b.median), _plain(b.mean)))]
        for c in report.contenders
    ]
    who = ", ".join(f"{b.users:,} with {b.logins}" for b in kinds)
    told = kinds[0] if kinds else None
    text = () if told is None else (
        f"Challenges within a user's first measured logins, at {rate_name(told.recall)} recall of "
        f"{told.tier}. Users with as many logins: {who}.",
    )  # fmt: skip
    return Section("Re-authentications", text, ("burden",), (Table(head, tuple(rows)),))


def _slices(report: Report) -> Iterator[Section]:
    chosen = [c for c in report.contenders if c.name in report.ours] or list(report.contenders[:1])
    tables = []
    for contender in chosen:
        if _has_own_labels(report):
            tables.append(_slices_by_tier(contender))
            continue
        rows = [
            [f"{v.by}: {v.name}", f"{v.legitimate:,}", spread(v.realised, 2),
             spread(v.macro_at_1pct), percent(v.macro_at_01pct)]
            for v in contender.views
            if v.by != "users" and v.legitimate
        ]  # fmt: skip
        head = ("slice", "logins", "riskScore >= 0.5", f"{MACRO} recall @1 %", "@0.1 %")
        caption = contender.name if len(chosen) > 1 else ""
        tables.append(Table(head, tuple(rows), caption))
    yield Section(
        "Slices",
        ("Recall at thresholds of the slice's own legitimate logins; the mean is over the tiers "
         "that the slice holds.",),
        tables=tuple(tables),
    )  # fmt: skip


def _slices_by_tier(contender: ContenderFigures) -> Table:
    """Where there is no mean over the tiers, each has its own columns."""
    names = list(dict.fromkeys(t.tier for v in contender.views for t in v.tiers))
    rows = []
    for v in contender.views:
        if v.by != "users" and v.legitimate:
            of = {t.tier: t for t in v.tiers}
            cells = [
                x
                for name in names
                for x in (f"{of[name].attacks:,}", spread(of[name].recall_at_1pct))
            ]
            rows.append([f"{v.by}: {v.name}", f"{v.legitimate:,}", spread(v.realised, 2), *cells])
    tiers = (x for name in names for x in (name, "recall @1 %"))
    return Table(("slice", "logins", "riskScore >= 0.5", *tiers), tuple(rows))


def _pursuits(report: Report) -> Section:
    head = ("", "challenged at", "campaigns", "detected", "at the first login",
            "median logins until", "median days until")  # fmt: skip
    rows = [
        [
            c.name, f"{p.level:.2f}", f"{p.campaigns:,} of {p.logins:.1f} logins",
            spread(p.detected), percent(p.at_once), _plain(p.median_logins), _plain(p.median_days),
        ]
        for c in report.contenders
        for p in c.pursuits
    ]  # fmt: skip
    return Section(
        "Campaigns",
        ("Medians are over the campaigns that are detected; 1 login is at once.",),
        tables=(Table(head, tuple(rows)),),
    )


def _costs(report: Report) -> Section:
    """What recall costs: challenged legitimate logins at 90, 95 and 99 % recall."""
    rows = []
    for c in report.contenders:
        view = c.view()
        for t in () if view is None else view.tiers:
            if t.tier != MIMIC:
                rows.append([t.tier, c.name, *(percent(x) for x in t.challenged_at)])
    rows.sort(key=lambda row: row[0])
    head = ("attacks", "", "90 % recall", "95 % recall", "99 % recall")
    return Section(
        "What recall costs",
        ("Share of legitimate logins that are challenged when so many attacks are.",),
        tables=(Table(head, tuple(rows)),),
    )


def _recall_of(tier: TierFigures, rate: int) -> Estimate | None:
    return (tier.recall_at_1pct, tier.recall_at_01pct)[rate]


def _value(figure: Estimate | None) -> float:
    return -1.0 if figure is None else figure.value


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
