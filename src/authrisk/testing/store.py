"""The contract of a history store, as a check that any store can be put through."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from authrisk.event import LoginEvent
from authrisk.history.store import Attempt, HistoryStore, Standing, StoredLogin

USER = "1023937207516135485"


def check_store(make_store: Callable[[], HistoryStore]) -> None:
    """Put a store through its contract; AssertionError names the promise that it breaks.

    `make_store` makes a new, empty store at each call. Every store that it made is closed.

    >>> from authrisk.history.memory import MemoryStore
    >>> check_store(MemoryStore)
    """
    for promise in PROMISES:
        store = make_store()
        try:
            promise(store)
        finally:
            store.close()


def event(n: int, time_ns: int, user: str | None = USER, **fields: Any) -> LoginEvent:
    """A login numbered `n` at a time, of one user, with whatever fields it needs."""
    return LoginEvent(event_id=f"e{n}", timestamp_ns=time_ns, user_id=user, **fields)


def _returns_what_was_appended(store: HistoryStore) -> None:
    login = event(1, 10, src_ip="8.8.8.8", user_agent="\x00 \u202e <script>", rtt_ms=0.0, mfa=False)
    stored = store.append(login, Standing.UNCONFIRMED, b'{"riskScore":0.5}')
    expected = StoredLogin(1, login, Standing.UNCONFIRMED, b'{"riskScore":0.5}', None)
    assert stored is not None, "append answers the stored login"
    assert stored._replace(sequence=1) == expected, "append answers what it was given"
    assert store.get("e1") == stored, "get answers what append did"
    assert store.logins(USER) == [stored], "logins lists it"
    assert store.get("e2") is None, "an id that was never there is None"


def _time_orders_and_arrival_breaks_ties(store: HistoryStore) -> None:
    a, b, late, c = event(1, 20), event(2, 20), event(3, 5), event(4, 30)
    for login in (a, b, late, c):
        store.append(login, Standing.FAMILIAR)
    assert store.recent(USER, 30, 10) == [late, a, b, c], "late arrivals stand where they belong"
    assert store.recent(USER, 20, 10) == [late, a, b], "before_ns includes the same instant"
    assert store.recent(USER, 30, 2) == [b, c], "limit keeps the newest"
    assert store.recent(USER, 4, 10) == [], "nothing before the first"
    assert store.recent(USER, 30, 0) == [], "a limit of nothing is nothing"
    assert store.recent("someone else", 30, 10) == [], "users do not mix"
    ids = [login.event.event_id for login in store.logins(USER, limit=3)]
    assert ids == ["e1", "e2", "e4"], "logins answers the newest, newest last"


def _one_id_is_one_login(store: HistoryStore) -> None:
    first = store.append(event(1, 10), Standing.UNCONFIRMED, b"first")
    again = store.append(event(1, 99, "another user"), Standing.FAMILIAR, b"second")
    assert again is None, "a second append of an id answers None"
    assert store.get("e1") == first, "and changes nothing"
    assert store.logins("another user") == [], "for no user"


def _standing_decides_what_is_recent(store: HistoryStore) -> None:
    for n, standing in enumerate(Standing):
        store.append(event(n, 10 + n), standing)
    for n, standing in enumerate(Standing):
        assert store.recent(USER, 99, 10, standing) == [event(n, 10 + n)], f"recent of {standing}"
    resolved = store.resolve("e0", Standing.FAMILIAR)
    assert resolved is not None, "resolve answers the login"
    assert resolved.standing is Standing.FAMILIAR, "with its new standing"
    assert resolved == store.get("e0"), "as it is kept"
    assert store.recent(USER, 99, 10) == [event(0, 10), event(1, 11)], "and finds it there"
    assert store.recent(USER, 99, 10, Standing.UNCONFIRMED) == [], "and no longer where it was"
    assert store.resolve("e9", Standing.FAMILIAR) is None, "nothing to resolve is None"


def _verdicts_stay(store: HistoryStore) -> None:
    store.append(event(1, 10), Standing.FAMILIAR)
    judged = store.resolve("e1", Standing.DISOWNED, "compromised")
    assert judged is not None and judged.verdict == "compromised", "resolve keeps the verdict"
    later = store.resolve("e1", Standing.EVIDENCE)
    assert later is not None and later.verdict == "compromised", "until another one is given"


def _reported_outcomes_stay(store: HistoryStore) -> None:
    store.append(event(1, 10), Standing.UNCONFIRMED)
    told = store.resolve("e1", Standing.EVIDENCE, outcome="challenge_failed")
    assert told is not None and told.outcome == "challenge_failed", "resolve keeps the outcome"
    later = store.resolve("e1", Standing.DISOWNED, "compromised")
    assert later is not None and later.outcome == "challenge_failed", "until another is reported"
    assert store.get("e1") == later, "and get answers it"


def _disowning_reaches_from_a_time_on(store: HistoryStore) -> None:
    for n in range(4):
        store.append(event(n, 10 * n), Standing.FAMILIAR)
    store.append(event(7, 20, "another user"), Standing.FAMILIAR)
    assert store.disown_since(USER, 20) == 2, "disown_since counts what it changed"
    assert store.recent(USER, 99, 10) == [event(0, 0), event(1, 10)], "earlier logins stay"
    assert store.disown_since(USER, 20) == 0, "a second time changes nothing"
    assert len(store.recent("another user", 99, 10)) == 1, "other users are left alone"


def _sources_see_every_attempt(store: HistoryStore) -> None:
    here: dict[str, Any] = {"src_ip": "8.8.8.8", "src_asn": 15169}
    store.append(event(1, 10, **here), Standing.FAMILIAR)
    store.append(event(2, 30, "b", **here), Standing.EVIDENCE)
    store.append(event(3, 20, None, src_ip="8.8.8.9", src_asn=15169), Standing.UNCONFIRMED)
    store.append(event(4, 40, "c", src_host="C17"), Standing.FAMILIAR)
    store.append(event(5, 40, "c"), Standing.FAMILIAR)
    one, two = Attempt(10, USER, False), Attempt(30, "b", True)
    three = Attempt(20, None, False)
    assert store.recent_from("address", "8.8.8.8", 0, 99, 10) == [one, two], "by address"
    assert store.recent_from("prefix", "8.8.8.0/24", 0, 99, 10) == [one, three, two], "by prefix"
    assert store.recent_from("asn", "15169", 0, 99, 10) == [one, three, two], "by AS"
    assert store.recent_from("address", "C17", 0, 99, 10) == [Attempt(40, "c", False)], "by host"
    assert store.recent_from("asn", "15169", 10, 29, 10) == [three], (
        "since excludes, before includes"
    )
    assert store.recent_from("asn", "15169", 0, 30, 2) == [three, two], "limit keeps the newest"
    assert store.recent_from("asn", "8.8.8.8", 0, 99, 10) == [], "kinds do not mix"
    store.resolve("e1", Standing.EVIDENCE)
    failed = [attempt.failed for attempt in store.recent_from("asn", "15169", 0, 99, 10)]
    assert failed == [True, False, True], "a failed outcome shows at the source"
    store.disown_since("b", 0)
    seen = store.recent_from("address", "8.8.8.8", 0, 99, 10)
    assert seen == [one._replace(failed=True), two._replace(failed=False)], "disowned stay in view"


def _forgetting_is_whole(store: HistoryStore) -> None:
    first = store.append(event(1, 10, src_ip="8.8.8.8", src_asn=15169), Standing.FAMILIAR)
    store.append(event(2, 20, "b", src_ip="8.8.8.8"), Standing.FAMILIAR)
    assert store.forget(USER) == 1, "forget counts what it erased"
    assert store.get("e1") is None, "the login is gone"
    assert store.logins(USER) == [] and store.recent(USER, 99, 9) == [], "for its user"
    seen = store.recent_from("address", "8.8.8.8", 0, 99, 9)
    assert seen == [Attempt(20, "b", False)], "from the views of its source"
    assert store.recent_from("asn", "15169", 0, 99, 9) == [], "all of them"
    assert [login.event.event_id for login in store.since(0)] == ["e2"], "and from the arrivals"
    assert store.forget(USER) == 0, "a second time erases nothing"
    again = store.append(event(1, 10), Standing.FAMILIAR)
    assert again is not None and first is not None, "the id is free again"
    assert again.sequence > first.sequence, "but its place in the order of arrival is not"


def _the_old_is_forgotten(store: HistoryStore) -> None:
    for n in range(20):
        store.append(event(n, 100 + 10 * (n % 5), f"u{n % 3}"), Standing(n % 4))
    assert store.forget_before(120) == 8, "what is older than that, of every user and standing"
    left = list(store.since(0))
    assert len(left) == 12, "nothing else goes"
    assert min(login.event.timestamp_ns for login in left) == 120, "a login at that time stays"
    assert store.get("e0") is None, "it is found by no id any more"
    assert store.forget_before(120) == 0, "a second time erases nothing"


def _arrivals_are_in_order(store: HistoryStore) -> None:
    stored = [store.append(event(n, 100 - n, f"u{n % 3}"), Standing.FAMILIAR) for n in range(9)]
    assert list(store.since(0)) == stored, "since answers all, in order of arrival"
    middle = stored[4]
    assert middle is not None
    assert list(store.since(middle.sequence)) == stored[5:], "after a sequence number"


def _snapshots_are_replaced_whole(store: HistoryStore) -> None:
    assert store.load_state("population") is None, "no snapshot is None"
    store.save_state("population", b"\x00one")
    store.save_state("other", b"")
    store.save_state("population", b"two")
    assert store.load_state("population") == b"two", "the last one counts"
    assert store.load_state("other") == b"", "names do not mix, and empty is not missing"


def _threads_may_share_it(store: HistoryStore) -> None:
    def add(n: int) -> StoredLogin | None:
        store.recent(USER, 10**6, 20)
        return store.append(event(n // 2, n // 2), Standing.FAMILIAR)

    with ThreadPoolExecutor(8) as pool:
        added = [login for login in pool.map(add, range(200)) if login is not None]
    assert len(added) == 100, "of two appends of one id, one wins"
    assert len({login.sequence for login in added}) == 100, "sequence numbers are unique"
    assert store.recent(USER, 10**6, 200) == [event(n, n) for n in range(100)], "none is lost"


PROMISES: tuple[Callable[[HistoryStore], None], ...] = (
    _returns_what_was_appended,
    _time_orders_and_arrival_breaks_ties,
    _one_id_is_one_login,
    _standing_decides_what_is_recent,
    _verdicts_stay,
    _reported_outcomes_stay,
    _disowning_reaches_from_a_time_on,
    _sources_see_every_attempt,
    _forgetting_is_whole,
    _the_old_is_forgotten,
    _arrivals_are_in_order,
    _snapshots_are_replaced_whole,
    _threads_may_share_it,
)
