"""Training: judged logins per second of an epoch."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from authrisk.evaluation.cases import injected_cases
from authrisk.simulate.profile import CONSUMER
from authrisk.simulate.world import simulate
from authrisk.training.dataset import batches
from authrisk.training.fit import batch_loss
from authrisk.training.train import Kind, new_network, prepare
from benchmarks.speed.machine import Figure, seconds

KINDS: tuple[Kind, ...] = ("supervised", "autoencoder")


def figures(users: int) -> Iterator[Figure]:
    """One epoch per model, optimizer steps included, for every thread count worth trying."""
    world = simulate(CONSUMER, users=users, seed=7)
    cases = injected_cases(world.events, 1, 0.35, bad=world.labels["is_attack"])
    for kind in KINDS:
        prepared = prepare(cases, kind, 1)
        best = {}
        for threads in (1, 2):
            torch.set_num_threads(threads)
            network = new_network(kind, prepared)
            optimizer = torch.optim.AdamW(network.parameters(), fused=True)

            def epoch(network=network, optimizer=optimizer, prepared=prepared) -> None:
                for batch in batches(prepared.train, 1):
                    optimizer.zero_grad(set_to_none=True)
                    batch_loss(network, batch).backward()
                    optimizer.step()

            epoch()
            best[threads] = prepared.train.event.size / seconds(epoch, 3)
        threads = max(best, key=lambda t: best[t])
        yield Figure(
            f"train the {kind}",
            f"{best[threads]:,.0f} events/s ({threads} thread{'s'[: threads - 1]})",
            ">= 200,000/s",
            f"1 thread {best[1]:,.0f}/s, 2 threads {best[2]:,.0f}/s",
        )
