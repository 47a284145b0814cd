"""Turns."""

import asyncio

from authrisk.service.turns import Turns


def test_one_at_a_time_first_come_first_served():
    """Under one name one runs at a time in the order of asking; other names run meanwhile."""

    async def day():
        turns, seen, inside = Turns(), [], {"a": 0, "b": 0}

        async def visit(name, n):
            async with turns.turn(name):
                inside[name] += 1
                assert inside[name] == 1
                await asyncio.sleep(0)
                seen.append((name, n))
                inside[name] -= 1

        await asyncio.gather(*(visit("ab"[n % 2], n) for n in range(20)))
        return turns, seen

    turns, seen = asyncio.run(day())
    assert [n for name, n in seen if name == "a"] == list(range(0, 20, 2))
    assert seen[:2] == [("a", 0), ("b", 1)]
    assert len(turns) == 0


def test_a_failing_visit_leaves_nothing_behind():
    """Whoever fails in their turn gives it back."""

    async def day():
        turns = Turns()
        for _ in range(3):
            try:
                async with turns.turn("a"):
                    raise KeyError
            except KeyError:
                pass
        return len(turns)

    assert asyncio.run(day()) == 0
