"""Grade the formats: `python -m benchmarks.grade DIR [NAME...] [--all] [--show ID]`.

DIR holds `<name>.jsonl` files of samples: a JSON object a line with `id`, `raw`, `expect`, `role`
(see `samples.py`). Every disagreement is printed unless `explained/<name>.toml` explains it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from authrisk.event import to_json
from authrisk.logs.discovery import formats
from benchmarks.grade.samples import Grade, events_of, explanations, grade_file


def main() -> int:
    """Print the table and the disagreements; 1 when there is one that nobody explained."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="sample files without .jsonl; default: all")
    parser.add_argument("--all", action="store_true", help="all disagreements, not 20 a file")
    parser.add_argument("--show", metavar="ID", help="one sample and what it gives")
    arguments = parser.parse_args()
    paths = [arguments.folder / f"{name}.jsonl" for name in arguments.names] or sorted(
        arguments.folder.glob("*.jsonl")
    )
    if arguments.show:
        return _show(arguments.show, paths)
    grades = [grade_file(path, formats()) for path in paths]
    print("| samples | formats | login: one event | none: no event | fields agree | explained |"
          " unexplained | no role: events |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for grade in grades:
        print(_row(grade))
    print(_row(_sum(grades)))
    for grade in grades:
        if grade.faults:
            print(f"\n{grade.name}:")
            shown = grade.faults if arguments.all else grade.faults[:20]
            print("".join(f"  {fault}\n" for fault in shown), end="")
            if len(shown) < len(grade.faults):
                print(f"  ... {len(grade.faults) - len(shown)} more (--all)")
    return 1 if any(grade.faults for grade in grades) else 0


def _row(grade: Grade) -> str:
    cells = (
        grade.name,
        ", ".join(grade.formats) or "*none*",
        _share(grade.logins_read, grade.logins),
        _share(grade.others_silent, grade.others),
        _share(grade.fields_agree, grade.fields),
        str(grade.explained),
        str(len(grade.faults)),
        f"{grade.unjudged_events} of {grade.unjudged}",
    )
    return f"| {' | '.join(cells)} |"


def _share(good: int, whole: int) -> str:
    return f"{good} of {whole} ({100 * good / whole:.1f} %)" if whole else ""


def _sum(grades: list[Grade]) -> Grade:
    total = Grade("**all**", [f"{sum(bool(grade.formats) for grade in grades)} of {len(grades)}"])
    for grade in grades:
        for name in ("logins", "logins_read", "others", "others_silent", "unjudged",
                     "unjudged_events", "fields", "fields_agree", "explained"):  # fmt: skip
            setattr(total, name, getattr(total, name) + getattr(grade, name))
        total.faults += grade.faults
    return total


def _show(wanted: str, paths: list[Path]) -> int:
    for path in paths:
        for line in path.read_bytes().splitlines():
            row = msgspec.json.decode(line)
            if row["id"] != wanted:
                continue
            print(msgspec.json.format(line, indent=1).decode())
            for name in explanations(path.stem).get("formats", [path.stem]):
                for event in events_of(formats()[name], row["raw"]):
                    print(f"{name}: {to_json(event).decode()}")
            return 0
    print("no such sample", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
