"""What Prometheus sees: few series, none named by a caller."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()  # type: ignore[no-untyped-call] # a series more for each, unread
TIMED = frozenset({"assess", "get_anomaly_score", "assess_batch"})
"""Routes with a histogram of their own; the others share one: a bucket each is many series."""

BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)


class Metrics:
    """The service's counters, in a registry of their own.

    Every label has a closed set of values: routes, status classes, levels, states, causes.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "authrisk_requests", "Requests answered.", ["route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "authrisk_request_seconds",
            "Time to answer.",
            ["route"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._assessments = Counter(
            "authrisk_assessments",
            "Logins scored and kept.",
            ["level", "state"],
            registry=self.registry,
        )
        self._degraded = Counter(
            "authrisk_degraded",
            "Answers without history or score, or of logins not kept in time.",
            ["cause"],
            registry=self.registry,
        )
        self.retries = Counter(
            "authrisk_retries", "Logins answered again by their event id.", registry=self.registry
        )
        self.lost = Counter(
            "authrisk_lost_logins",
            "Logins answered that could not be kept.",
            registry=self.registry,
        )
        self.unwritten = Counter(
            "authrisk_unwritten_decisions",
            "Records that the decision log could not take.",
            registry=self.registry,
        )
        self.expired = Counter(
            "authrisk_expired_logins",
            "Logins erased because of their age.",
            registry=self.registry,
        )
        self._shadow = Counter(
            "authrisk_shadow",
            "Logins that a second bundle scored too, by both levels.",
            ["served", "shadow"],
            registry=self.registry,
        )
        self.shadow_left_out = Counter(
            "authrisk_shadow_left_out",
            "Logins that the second bundle was too slow for.",
            registry=self.registry,
        )
        self._model = Gauge(
            "authrisk_model_info", "The bundle that serves.", ["name", "version"],
            registry=self.registry,
        )  # fmt: skip
        for cause in ("read", "score", "write", "slow", "turn", "queue", "retention", "snapshot"):
            self._degraded.labels(cause)

    def shadowed(self, served: str, shadow: str) -> None:
        """One login scored by the second bundle too."""
        self._shadow.labels(served, shadow).inc()

    def request(self, route: str, status: int, seconds: float) -> None:
        """One answered request; `route` is a handler's name, never a path."""
        self._requests.labels(route, f"{status // 100}xx").inc()
        self._seconds.labels(route if route in TIMED else "other").observe(seconds)

    def assessed(self, level: str, state: str) -> None:
        """One login scored and kept."""
        self._assessments.labels(level, state).inc()

    def degraded(self, cause: str) -> None:
        """One answer that history or the disk let down."""
        self._degraded.labels(cause).inc()

    def serving(self, name: str, version: str) -> None:
        """The bundle that serves from now on; the last one's series goes."""
        self._model.clear()
        self._model.labels(name, version).set(1)

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)
