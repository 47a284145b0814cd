"""The integration guide says what happens."""

import json
import re
import subprocess
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "service.md"
BLOCK = re.compile(r"```sh\n(.*?)```\n(?:```json\n(.*?)```)?", re.DOTALL)


def same_keys(shown, answered):
    """Whether two values are built alike: the same keys, down to the leaves."""
    if isinstance(shown, dict) and isinstance(answered, dict):
        return shown.keys() == answered.keys() and all(
            same_keys(shown[key], answered[key]) for key in shown
        )
    if isinstance(shown, list) and isinstance(answered, list):
        if not (shown and answered):
            return True
        if len(shown) == len(answered):
            return all(same_keys(a, b) for a, b in zip(shown, answered, strict=True))
        return same_keys(shown[0], answered[0])
    return not isinstance(shown, dict | list) and not isinstance(answered, dict | list)


def test_every_example_of_the_guide_runs(live_server):
    """Each curl of docs/service.md, run in its order, answers what stands below it."""
    examples = BLOCK.findall(GUIDE.read_text())
    assert len(examples) >= 11
    for command, shown in examples:
        run = command.replace("http://127.0.0.1:5000", live_server)
        done = subprocess.run(["sh", "-c", run], capture_output=True, text=True, check=True)
        if not shown:
            assert "problem" not in done.stdout, command
            continue
        answered = json.loads(done.stdout)
        assert same_keys(json.loads(shown), answered), (command, done.stdout)
        if "errors" in answered or "standing" in answered:
            assert answered == json.loads(shown)
