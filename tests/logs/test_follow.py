"""A log that is still written is read whole and once, whatever happens to its files."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from authrisk.logs.follow import LOST, TOO_LONG, Follower
from authrisk.logs.parser import PAUSE, Line, Rejected
from authrisk.logs.position import Position, read_positions, write_positions

Step = Callable[[Path], None]


class Reader:
    """Follows a log while a script of steps happens to it, and stops and resumes on the way."""

    def __init__(self, path: Path) -> None:
        self.path, self.position = path, None
        self.kept: Position | None = None
        self.lines: list[Line] = []
        self.rejected: list[str] = []
        self._tokens = (f"t{n}" for n in itertools.count())

    def run(self, *steps: Step, limit: int = 1 << 20, dies_after: int = 10**9) -> None:
        """Reads what is there before the first step, and after each; then stops or dies."""
        script = iter(steps)

        def wait() -> bool:
            step = next(script, None)
            if step is None:
                return False
            step(self.path)
            return True

        follower = Follower(self.path, "log", lambda: next(self._tokens), self.kept, limit)
        with contextlib.closing(follower.lines(wait)) as items:
            self._take(items, follower, dies_after)
        for step in script:
            step(self.path)

    def _take(self, items: Iterator[Line | Rejected], follower: Follower, most: int) -> None:
        for item in itertools.islice(items, most):
            if item is PAUSE:
                self.kept = follower.position
            elif isinstance(item, Rejected):
                self.rejected.append(item.cause)
            else:
                self.lines.append(item)

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "log")


def add(*texts: str, end: str = "\n") -> Step:
    def step(path: Path) -> None:
        with path.open("a") as file:
            file.write("".join(text + "\n" for text in texts).removesuffix("\n") + end)

    return step


def shift(path: Path) -> None:
    """Copies go up by a number, as logrotate has it."""
    for number in range(60, 0, -1):
        for end in ("", ".gz"):
            old = Path(f"{path}.{number}{end}")
            if old.exists():
                old.rename(f"{path}.{number + 1}{end}")


def rename(path: Path) -> None:
    """What logrotate does by itself."""
    shift(path)
    path.rename(f"{path}.1")
    tick(Path(f"{path}.1"))


def create(path: Path) -> None:
    path.touch()


def copytruncate(path: Path) -> None:
    shift(path)
    shutil.copy2(path, f"{path}.1")
    tick(Path(f"{path}.1"))
    os.truncate(path, 0)


def compress(path: Path) -> None:
    for copy in [*path.parent.glob(f"{path.name}.[0-9]"), *path.parent.glob("log.[0-9][0-9]")]:
        target = Path(f"{copy}.gz")
        target.write_bytes(gzip.compress(copy.read_bytes()))
        times = copy.stat().st_mtime_ns
        os.utime(target, ns=(times, times))
        copy.unlink()


_CLOCK = itertools.count(1_700_000_000)


def tick(path: Path) -> None:
    """Rotations of a test follow one another faster than a file system's clock."""
    now = next(_CLOCK)
    os.utime(path, (now, now))


def test_lines_are_given_when_they_are_whole(reader: Reader) -> None:
    """Half a line waits for its other half, over a restart too."""
    reader.run(add("one", "tw", end=""))
    assert reader.texts == ["one"]
    reader.run(add("o", "three"), add("four"))
    assert reader.texts == ["one", "two", "three", "four"]
    assert [line.number for line in reader.lines] == [1, 2, 3, 4]
    assert {line.file for line in reader.lines} == {"log#t0"}


def test_rename_and_create(reader: Reader) -> None:
    """What is written between the last look and the rename is read, and half a last line."""
    reader.run(
        add("one"),
        lambda path: [add("two", "half", end="")(path), rename(path), create(path)],
        add("three"),
        rename,
        add("four"),
    )
    assert reader.texts == ["one", "two", "half", "three", "four"]
    assert [line.place for line in reader.lines] == [
        "log#t0:1", "log#t0:2", "log#t0:3", "log#t1:1", "log#t2:1",
    ]  # fmt: skip
    assert reader.rejected == []


def test_copytruncate(reader: Reader) -> None:
    """What the copy holds beyond what was read comes from the copy; also when the new content is
    longer than the old was."""
    reader.run(
        add("one"),
        lambda path: [add("two")(path), copytruncate(path)],
        add("three"),
        lambda path: [copytruncate(path), add("four " * 50, "five")(path)],
    )
    assert reader.texts == ["one", "two", "three", "four " * 50, "five"]
    assert len({line.place for line in reader.lines}) == 5
    assert reader.rejected == []


@pytest.mark.parametrize("rotate", [lambda p: [rename(p), create(p)], copytruncate])
@pytest.mark.parametrize("pack", [compress, create])
def test_rotations_while_nobody_reads(reader: Reader, rotate: Step, pack: Step) -> None:
    """The rest of the file that was read and files that came and went, compressed or not."""
    add("one")(reader.path)
    reader.run()
    for step in (add("two"), rotate, pack, add("three"), rotate, pack, add("four")):
        step(reader.path)
    reader.run(add("five"))
    assert reader.texts == ["one", "two", "three", "four", "five"]
    assert len({line.place for line in reader.lines}) == 5
    assert reader.rejected == []


def test_what_is_gone_is_told(reader: Reader) -> None:
    """When no copy is left, the loss is a rejected line and reading goes on."""
    reader.run(add("one"))
    reader.path.unlink()
    add("two")(reader.path)
    reader.run()
    assert (reader.texts, reader.rejected) == (["one", "two"], [LOST])


def test_long_lines_are_rejected_once(reader: Reader) -> None:
    """A line beyond the limit is told once, its end passed over, also across a restart."""
    reader.run(add("one", "x" * 300, end=""), limit=100)
    reader.run(add("x" * 50, "two", "y" * 200, "three"), limit=100)
    assert reader.texts == ["one", "two", "three"]
    assert reader.rejected == [TOO_LONG, TOO_LONG]
    assert [line.number for line in reader.lines] == [1, 3, 5]


@pytest.mark.parametrize("seed", range(16))
def test_nothing_is_lost_or_doubled(reader: Reader, seed: int) -> None:
    """Whatever order of writing, rotating, stopping and dying: every line, in order, under an id
    of its own; what is read again after a death has the ids that it had."""
    script = random.Random(seed)
    written: list[str] = []

    def some_lines(path: Path) -> None:
        texts = [f"line {len(written) + n}" for n in range(script.randrange(1, 4))]
        written.extend(texts)
        add(*texts)(path)

    steps = {
        "write": [some_lines],
        "rename": [rename, create, some_lines],
        "truncate": [copytruncate, some_lines],
        "compress": [compress],
    }
    some_lines(reader.path)
    reader.run()
    for _ in range(15):
        some = [step for kind in script.choices(list(steps), k=3) for step in steps[kind]]
        seen = script.randrange(len(some) + 1)
        for step in some[:seen]:
            step(reader.path)
        reader.run(*some[seen:], dies_after=script.choice([3, 9, 10**9]))
    reader.run()
    by_place = {line.place: line.text for line in reader.lines}
    assert all(by_place[line.place] == line.text for line in reader.lines)
    assert list(by_place.values()) == written
    assert reader.rejected == []


def test_positions_are_kept_in_a_file(tmp_path: Path) -> None:
    """They come back as they were; a damaged file is refused."""
    position = Position(token="t", inode=7, head="ab", head_bytes=3, offset=9, lines=2)
    path = tmp_path / "state.json"
    assert read_positions(path) == {}
    write_positions(path, {"log": position})
    assert read_positions(path) == {"log": position}
    path.write_text("{")
    with pytest.raises(Exception, match="no state file"):
        read_positions(path)
