"""Contenders side by side on one problem, over several training seeds.

Scores are kept as files, so an interrupted run goes on where it was, several processes can share
the work, and figures can be worked out again without training.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from authrisk.errors import AuthriskError
from authrisk.evaluation.answers import Answers, answers_of
from authrisk.evaluation.asked import MACRO_TIERS, Asked, asked_of
from authrisk.evaluation.averaged import Averaged
from authrisk.evaluation.figures import LeftOut, Report, Setting
from authrisk.evaluation.fused import Fused
from authrisk.evaluation.intervals import ROUNDS, Resamples, estimate, resample
from authrisk.evaluation.measurement import differences, measure_answers, ranked
from authrisk.evaluation.problem import Contender, Problem, Scores
from authrisk.evaluation.ranking import descending


class Audit(Protocol):
    """What was found when the attacks were looked at for traces that give them away."""

    @property
    def passed(self) -> bool: ...

    def told(self) -> Sequence[str]:
        """The verdict and its reasons, a line each."""


class Job(NamedTuple):
    """One training and scoring."""

    contender: str
    seed: int
    without: str | None = None
    """The tier that is left out of training."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Who is compared, on what, over which seeds, with scores kept in a directory.

    Kept scores are found by the problem, the contender's name and its `version` if it has one:
    empty the directory when the code of a contender changes.
    """

    problem: Problem
    contenders: Sequence[Contender]
    ours: Sequence[str]
    """Names of those that differences are taken for."""
    work: Path
    seeds: Sequence[int] = (1, 2, 3, 4, 5)
    left_out_seeds: Sequence[int] = ()
    """Seeds for which each tier is left out of training; a part of `seeds`."""
    rounds: int = ROUNDS
    left_out_of: Sequence[str] | None = None
    """Names of the contenders that tiers are left out for; None for all that see labels."""

    def jobs(self) -> Iterator[Job]:
        """Everything that must be scored. A tier is left out for those only that see labels."""
        for contender in self.contenders:
            if not self._is_kept_in_parts(contender):
                seeds = self.seeds[:1] if _steady(contender) else self.seeds
                yield from (Job(contender.name, seed) for seed in seeds)
        for contender in self.contenders:
            if self._goes_without(contender) and not self._is_kept_in_parts(contender):
                for tier in self.tiers():
                    yield from (Job(contender.name, seed, tier) for seed in self.left_out_seeds)

    def tiers(self) -> list[str]:
        """Tiers that training can be without: there, and measured."""
        fit = set(np.unique(self.problem.tier[self.problem.fit & self.problem.attack]).tolist())
        return [
            name for name in asked_of(self.problem).tiers if name in fit and name in MACRO_TIERS
        ]

    def _goes_without(self, contender: Contender) -> bool:
        named = self.left_out_of is None or contender.name in self.left_out_of
        return contender.supervised and named

    def _is_kept_in_parts(self, contender: Contender) -> bool:
        """Whether it is put together from scores that are kept already, of other contenders."""
        names = {other.name for other in self.contenders}
        return isinstance(contender, Averaged | Fused) and names.issuperset(
            part.name for part in contender.of
        )

    def _parts(self, contender: Averaged | Fused, job: Job) -> Iterator[Job]:
        seeds = self.seeds if job.without is None else self.left_out_seeds
        for part, seed in contender.parts(job.seed, seeds):
            # Who sees no labels is the same with a tier left out.
            yield Job(part.name, seed, job.without if part.supervised else None)

    def scores(self, job: Job) -> Scores:
        """The scores (N,) of a job, read from the work directory or worked out and kept there."""
        contender = self._contender(job)
        if isinstance(contender, Averaged | Fused) and self._is_kept_in_parts(contender):
            parts = [self.scores(part) for part in self._parts(contender, job)]
            return contender.together(self.problem, parts)
        if _steady(contender) and job.without is None:
            job = job._replace(seed=self.seeds[0])
        path = self._path(job)
        if not path.exists():
            problem = self.problem if job.without is None else self.problem.without(job.without)
            found = contender.scores(problem, job.seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.part")
            with part.open("wb") as file:
                np.save(file, found.astype(np.float32), allow_pickle=False)
            part.replace(path)
        stored: Scores = np.load(path, allow_pickle=False).astype(np.float64)
        return stored

    def is_done(self, job: Job) -> bool:
        """Whether the scores of a job are there."""
        contender = self._contender(job)
        if isinstance(contender, Averaged | Fused) and self._is_kept_in_parts(contender):
            return all(self.is_done(part) for part in self._parts(contender, job))
        return self._path(job).exists()

    def report(
        self, source: str, audit: Audit | None = None, say: Callable[[str], None] = lambda _: None
    ) -> Report:
        """The result tables; jobs that are not done yet are done now, `say` hears of each.

        Raises AuthriskError when the audit failed: such figures would be of the attacks' traces.
        """
        if audit is not None:
            require_passed(audit)
        asked = asked_of(self.problem)
        resamples = resample(asked.owner, len(self.seeds), self.rounds)
        answers, measured = {}, {}
        for contender in self.contenders:
            say(contender.name)
            raw = [self.scores(Job(contender.name, seed)) for seed in self.seeds]
            answers[contender.name] = answers_of(self.problem, contender, raw)
            measured[contender.name] = measure_answers(asked, answers[contender.name], resamples)
        periods = self.problem.periods.described()
        return Report(
            setting=setting_of(asked, source, periods, self.rounds, self.fingerprint),
            contenders=tuple(m.figures for m in measured.values()),
            ours=tuple(self.ours),
            differences=tuple(
                difference
                for mine in self.ours
                for theirs in measured
                if theirs != mine
                for difference in differences(measured[mine], measured[theirs])
            ),
            left_out=tuple(self._left_out(asked, answers)),
            audit=None if audit is None else " ".join(audit.told()),
        )

    def _left_out(self, asked: Asked, answers: dict[str, Answers]) -> Iterator[LeftOut]:
        if not self.left_out_seeds:
            return
        resamples = resample(asked.owner, len(self.left_out_seeds), self.rounds)
        rows = [list(self.seeds).index(seed) for seed in self.left_out_seeds]
        for contender in self.contenders:
            if not self._goes_without(contender):
                continue
            for tier in self.tiers():
                jobs = [Job(contender.name, seed, tier) for seed in self.left_out_seeds]
                raw = [self.scores(job)[self.problem.asked] for job in jobs]
                without = _recalls(asked, raw, tier, resamples)
                with_it = _recalls(asked, list(answers[contender.name].raw[rows]), tier, resamples)
                yield LeftOut(
                    name=contender.name,
                    tier=tier,
                    seeds=len(raw),
                    recall_at_1pct=estimate(without[:, 0]),
                    recall_at_01pct=estimate(without[:, 1]),
                    trained_with_at_1pct=estimate(with_it[:, 0]),
                )

    @cached_property
    def fingerprint(self) -> str:
        """Of the problem."""
        return fingerprint_of(self.problem)

    def _path(self, job: Job) -> Path:
        version = getattr(self._contender(job), "version", "")
        name = re.sub(r"[^a-z0-9]+", "-", f"{job.contender} {version}".lower()).strip("-")
        without = "" if job.without is None else f"-without-{job.without}"
        return self.work / self.fingerprint / f"{name}-seed{job.seed}{without}.npy"

    def _contender(self, job: Job) -> Contender:
        return next(c for c in self.contenders if c.name == job.contender)


def _steady(contender: Contender) -> bool:
    """Whether the seed changes nothing: such a contender answers once for all seeds."""
    return bool(getattr(contender, "steady", False))


def require_passed(audit: Audit) -> None:
    """Raises AuthriskError, with what was found, when the audit failed."""
    if not audit.passed:
        raise AuthriskError(
            "the audit of the attacks failed, so nothing is published",
            remedy="mend what gives them away: " + "; ".join(audit.told()),
        )


def fingerprint_of(problem: Problem) -> str:
    """The same for the same logins, features, labels and periods."""
    digest = hashlib.blake2b(digest_size=8)
    periods = problem.periods
    masks = [periods.train, periods.validation, periods.calibration, periods.test, periods.late]
    for array in (problem.features, problem.legitimate, problem.attack, problem.owner, *masks):
        digest.update(np.ascontiguousarray(array).data)
    digest.update("".join(problem.tier.tolist()).encode())
    return digest.hexdigest()


def setting_of(
    asked: Asked,
    source: str,
    periods: dict[str, str],
    rounds: int,
    fingerprint: str | None = None,
) -> Setting:
    """What the measured logins are."""
    return Setting(
        source=source,
        legitimate=int(asked.legitimate.sum()),
        users=int(np.unique(asked.owner[asked.legitimate]).size),
        unseen_users=int(np.unique(asked.owner[asked.legitimate & asked.unseen]).size),
        attacks={tier: int(asked.attacks(tier).sum()) for tier in asked.tiers},
        periods=periods,
        rounds=rounds,
        fingerprint=fingerprint,
    )


def _recalls(asked: Asked, raw: Sequence[Scores], tier: str, resamples: Resamples) -> Scores:
    """Recall (1 + B, rates) of one tier."""
    scores = np.stack(raw)
    orders = [descending(each) for each in scores]
    everyone = asked.legitimate | asked.attacks(tier)
    ranking = ranked(asked, scores, orders, everyone, resamples)
    return ranking.recall[:, :, ranking.tiers.index(tier)]
