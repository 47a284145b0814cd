"""Whatever is asked of them in whatever order, the two stores answer alike."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from authrisk.event import LoginEvent
from authrisk.history.memory import MemoryStore
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing

USERS = st.sampled_from(["a", "b", None])
NAMES = st.sampled_from(["a", "b"])
IDS = st.integers(0, 12).map(str)
TIMES = st.integers(0, 6)
STANDINGS = st.sampled_from(Standing)
EVENTS = st.builds(
    LoginEvent,
    event_id=IDS,
    timestamp_ns=TIMES,
    user_id=USERS,
    src_ip=st.sampled_from([None, "8.8.8.8", "8.8.8.9", "2001:db8::1", "999.1"]),
    src_host=st.sampled_from([None, "C17"]),
    src_asn=st.sampled_from([None, 15169]),
    user_agent=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)


class BothStores(RuleBasedStateMachine):
    """A memory store and a SQLite store that live through the same day."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.memory = MemoryStore(kept=3)
        self.sqlite = SqliteStore(Path(self.folder.name) / "h.db", kept=3)

    def teardown(self):
        self.sqlite.close()
        self.folder.cleanup()

    def alike(self, name, *values):
        ours, theirs = (getattr(store, name)(*values) for store in (self.memory, self.sqlite))
        if name == "since":
            ours, theirs = list(ours), list(theirs)
        assert ours == theirs, name

    @rule(event=EVENTS, standing=STANDINGS, answer=st.none() | st.binary(max_size=3))
    def append(self, event, standing, answer):
        self.alike("append", event, standing, answer)

    @rule(event_id=IDS, standing=STANDINGS, verdict=st.sampled_from([None, "legitimate"]))
    def resolve(self, event_id, standing, verdict):
        self.alike("resolve", event_id, standing, verdict)

    @rule(user=NAMES, since=TIMES)
    def disown(self, user, since):
        self.alike("disown_since", user, since)

    @rule(user=NAMES)
    def forget(self, user):
        self.alike("forget", user)

    @rule(name=NAMES, state=st.binary(max_size=3))
    def snapshot(self, name, state):
        self.alike("save_state", name, state)
        self.alike("load_state", name)

    @rule(user=NAMES, before=TIMES, limit=st.integers(0, 4), standing=STANDINGS)
    def recent(self, user, before, limit, standing):
        self.alike("recent", user, before, limit, standing)

    @rule(
        source=st.sampled_from(
            [("address", "8.8.8.8"), ("address", "C17"), ("address", "999.1"),
             ("prefix", "8.8.8.0/24"), ("asn", "15169")]
        ),
        since=TIMES, before=TIMES, limit=st.integers(0, 4),
    )  # fmt: skip
    def recent_from(self, source, since, before, limit):
        self.alike("recent_from", *source, since, before, limit)

    @rule(event_id=IDS, user=NAMES, limit=st.integers(0, 4), sequence=st.integers(0, 20))
    def look(self, event_id, user, limit, sequence):
        self.alike("get", event_id)
        self.alike("logins", user, limit)
        self.alike("since", sequence)

    @invariant()
    def the_same_logins_are_kept(self):
        self.alike("since", 0)


TestBothStores = BothStores.TestCase
TestBothStores.settings = settings(max_examples=40, stateful_step_count=30, derandomize=True)
