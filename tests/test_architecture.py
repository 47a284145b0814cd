"""What may import what, and what the running service carries with it."""

import ast
import subprocess
import sys
from pathlib import Path

import authrisk

SOURCE = Path(authrisk.__file__).parent
FOREIGN = ("torch", "onnx", "pandas", "sklearn", "joblib", "cloudpickle", "dill")


def modules_after(statement: str) -> set[str]:
    """Top-level names in sys.modules of a fresh interpreter that ran the statement."""
    code = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_contracts_hold():
    """Imports point down the floors, as pyproject.toml states them."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    root = SOURCE.parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_carries_no_torch_and_nothing_that_unpickles():
    """Serving needs no torch, no pandas, no joblib: none is loaded with the application."""
    loaded = modules_after(
        "import authrisk.service.app, authrisk.service.server, authrisk.models.bundle\n"
        "import authrisk.enrich.enricher, authrisk.history.sqlite"
    )
    assert not {name for name in loaded if name.partition(".")[0] in FOREIGN}
    assert not {name for name in loaded if name.startswith(("authrisk.logs", "authrisk.training"))}


def test_help_waits_for_nothing_heavy():
    """`authrisk --help` loads no table, no model and no server."""
    loaded = modules_after("import authrisk.cli")
    heavy = {"polars", "numpy", "numba", "onnxruntime", "torch", "uvicorn", "rich"}
    assert not loaded & heavy


def test_only_the_edge_reads_environment_and_arguments():
    """os.environ, os.getenv and sys.argv appear in cli/ and service/ alone."""
    found = []
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] in {"cli", "service"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "argv"}:
                found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert found == []


def test_modules_stay_short():
    """No module is longer than 400 lines."""
    long = {
        str(path.relative_to(SOURCE)): lines
        for path in SOURCE.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
