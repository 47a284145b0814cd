"""Stretches and batches: each judged login once, with the context of its own window."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from authrisk.features.catalogue import F_LOGIN, F_RELATION, STEPS, F
from authrisk.features.coded import TIME
from authrisk.features.timeline import (
    FAMILIAR,
    previous_failure,
    previous_familiar,
    windows,
)
from authrisk.training.dataset import Batch, batches
from authrisk.training.fit import Fitted, Network
from authrisk.training.prepare import Prepared


def states_of(network: Network, past: np.ndarray) -> torch.Tensor:
    """(B, L + 1, H): the recurrent states of pasts (B, L, F_LOGIN or more)."""
    found = network.states(torch.from_numpy(past))
    return found[0] if isinstance(found, tuple) else found


def contexts_of(network: Network, batch: Batch) -> torch.Tensor:
    return states_of(network, batch.past).flatten(0, 1)[torch.from_numpy(batch.at)]


def test_every_judged_login_comes_once(prepared: Prepared) -> None:
    """An epoch holds each judged login exactly once, whatever the seed."""
    judged = prepared.train
    expected = np.sort(judged.rows[judged.event].view(np.void(judged.rows.shape[1] * 4).dtype), 0)
    for seed in (1, 2):
        logins = np.concatenate([batch.login for batch in batches(judged, seed)])
        assert np.array_equal(np.sort(logins.view(expected.dtype), 0), expected)


def test_stretches(prepared: Prepared) -> None:
    """A stretch holds up to 2T familiar logins of one user in order; a judged login lies on one
    of its own user, behind all and only the familiar logins before it that are in reach."""
    timeline, judged = prepared.timeline, prepared.train
    familiar = timeline.standing == FAMILIAR
    assert familiar[judged.members].all()
    assert (np.diff(judged.bounds) <= 2 * STEPS).all()
    links = previous_familiar(timeline)
    for m in range(0, judged.event.size, 7):
        at, stretch, depth = judged.event[m], judged.stretch[m], judged.depth[m]
        members = judged.members[judged.bounds[stretch] : judged.bounds[stretch + 1]]
        before = members[:depth]
        assert (timeline.users[members] == timeline.users[at]).all()
        assert (np.diff(members) > 0).all()
        chain, expected = links[at], []
        while chain >= 0 and len(expected) < depth:
            expected.insert(0, chain)
            chain = links[chain]
        assert before.tolist() == expected
        assert chain < 0 or depth >= STEPS - 1


def test_the_past_is_past(prepared: Prepared) -> None:
    """No stretch shows a judged login anything that happened after it."""
    times = prepared.timeline.ints[:, TIME]
    judged = prepared.train
    for m in range(judged.event.size):
        begin = judged.bounds[judged.stretch[m]]
        before = judged.members[begin : begin + judged.depth[m]]
        assert (before < judged.event[m]).all()
        assert (times[before] <= times[judged.event[m]]).all()


def test_contexts_of_stretches_are_those_of_windows(
    prepared: Prepared, fitted: tuple[Network, Fitted]
) -> None:
    """Where the whole past fits into a window, the LSTM's state for a judged login is the same on
    its stretch as in its window, and so is what the network says of the login."""
    network, _ = fitted
    judged, timeline = prepared.train, prepared.timeline
    links = previous_familiar(timeline), previous_failure(timeline)
    row_of = {judged.rows[event].tobytes(): event for event in judged.event}
    checked = 0
    with torch.no_grad():
        for batch in batches(judged, 1):
            on_stretch = contexts_of(network, batch)
            events = np.array([row_of[login.tobytes()] for login in batch.login])
            depth = np.array([_depth(links[0], event) for event in events])
            short = np.flatnonzero((depth <= STEPS - 1) & (np.arange(events.size) % 3 == 0))
            if not short.size:
                continue
            found = windows(
                timeline, events[short], prepared.moments[events[short]], links,
                prepared.encoders, prepared.scalers,
            )  # fmt: skip
            assert np.array_equal(found[:, -1], batch.login[short])
            in_window = states_of(network, found[:, :-1])[:, -1]
            assert in_window.numpy() == pytest.approx(on_stretch[short].numpy(), abs=1e-5)
            past = found[:, :-1]
            assert np.array_equal(past[..., F - F_RELATION :], batch.relation[short])
            assert np.array_equal(past[..., :1] != 0, batch.there[short] != 0)
            checked += short.size
    assert checked > 300


def _depth(previous: np.ndarray, event: int) -> int:
    n = 0
    while (event := previous[event]) >= 0:
        n += 1
    return n


def test_longer_pasts_have_at_least_a_windows_context(prepared: Prepared) -> None:
    """A login with a long past looks at T - 1 logins at least."""
    links = previous_familiar(prepared.timeline)
    judged = prepared.train
    long = 0
    for event, depth in zip(judged.event, judged.depth, strict=True):
        whole = _depth(links, event)
        assert depth == whole if whole < STEPS else depth >= STEPS - 1
        long += whole >= STEPS
    assert long > 50


def test_padding_is_zero(prepared: Prepared) -> None:
    """Behind the end of a stretch there is nothing."""
    for batch in batches(prepared.validation, 1):
        present = batch.past[..., 0]
        assert (np.diff((present != 0).astype(int), axis=1) <= 0).all()
        assert not batch.past[present == 0].any()
        assert batch.past.shape[-1] in {F_LOGIN, batch.login.shape[-1]}
