"""Both notebooks, from top to bottom, on small data."""

import ast
import doctest
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from authrisk.eventlog import write_events
from authrisk.models.bundle import load_bundle
from authrisk.simulate.profile import ENTERPRISE
from authrisk.simulate.world import simulate

HERE = Path(__file__).parents[2] / "notebooks"
KINDS = ("autoencoder", "supervised")
SMALL = {
    "autoencoder": {"USERS, DAYS": "60, 60", "EPOCHS": "2"},
    "supervised": {"USERS, DAYS": "3_000, 365", "EPOCHS": "2"},
}
MACHINE = re.compile(r"/(home|root|tmp|work|usr|opt|Users)/|Traceback|0x[0-9a-f]{8}")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A directory with a kernel `python3` that is the Python of these tests."""
    prefix = tmp_path_factory.mktemp("kernel")
    subprocess.run(
        [sys.executable, "-m", "ipykernel", "install", "--prefix", prefix, "--name", "python3"],
        check=True,
        capture_output=True,
    )
    return prefix


@pytest.fixture
def run(kernel, tmp_path, monkeypatch):
    """A function that runs a notebook, with changed parameters, in a directory of its own."""
    for name, place in (
        ("JUPYTER_PATH", kernel / "share" / "jupyter"),
        ("JUPYTER_DATA_DIR", kernel / "data"),
        ("JUPYTER_RUNTIME_DIR", kernel / "runtime"),
        ("IPYTHONDIR", kernel / "ipython"),
    ):
        monkeypatch.setenv(name, str(place))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    for module in HERE.glob("*.py"):
        shutil.copy(module, tmp_path)

    def run_in_place(kind, changes):
        notebook = read(kind)
        change_parameters(notebook, changes)
        nbclient.NotebookClient(
            notebook,
            timeout=300,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": str(tmp_path)}},
        ).execute()
        return notebook, tmp_path / "out" / kind

    return run_in_place


def read(kind):
    return nbformat.read(HERE / f"lstm_{kind}.ipynb", as_version=4)


def change_parameters(notebook, changes):
    """Give lines `NAME = value` of the cell tagged `parameters` another value."""
    (cell,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    for name, value in changes.items():
        cell.source, found = re.subn(
            rf"^{name} = .*$", lambda _, new=f"{name} = {value}": new, cell.source, flags=re.M
        )
        assert found == 1, name


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def live_risk(notebook):
    """The riskScore of the cell that shows the live login as it is."""
    texts = [output.get("data", {}).get("text/plain", "") for output in outputs(notebook)]
    (answer,) = [text for text in texts if text.startswith("{'event_id': 'live'")]
    return ast.literal_eval(answer)["risk_score"]


def check(notebook, bundle_path, kind):
    assert not [output for output in outputs(notebook) if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for output in outputs(notebook)) >= 10
    assert load_bundle(bundle_path).manifest.kind == kind
    assert 0.0 <= live_risk(notebook) <= 1.0


def test_examples_of_the_style_hold():
    """The examples in `style.py` give what they say."""
    spec = importlib.util.spec_from_file_location("style", HERE / "style.py")
    style = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(style)
    assert doctest.testmod(style) == (0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_runs_on_the_simulator(run, kind):
    """Every cell runs, the bundle verifies and the live login gets a score."""
    notebook, bundle_path = run(kind, SMALL[kind])
    check(notebook, bundle_path, kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_runs_on_ones_own_events_by_one_line(run, kind, tmp_path):
    """Naming an events file is the only change that a log of one's own needs."""
    write_events(tmp_path / "mine.parquet", [simulate(ENTERPRISE, 40, 3, 50).events])
    notebook, bundle_path = run(kind, {"EVENTS": "'mine.parquet'"})
    check(notebook, bundle_path, kind)
    assert not load_bundle(bundle_path).manifest.data["simulated"]


@pytest.mark.parametrize("kind", KINDS)
def test_kept_outputs_are_light_whole_and_of_no_machine(kind):
    """What is kept in the repository is small, in order, free of errors, paths and times."""
    path = HERE / f"lstm_{kind}.ipynb"
    assert path.stat().st_size < 400_000
    notebook = read(kind)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any("execution" in cell.metadata for cell in code)
    for output in outputs(notebook):
        assert output.output_type in {"stream", "display_data", "execute_result"}
        assert output.get("name") != "stderr"
        texts = [output.get("text", "")]
        texts += [v for k, v in output.get("data", {}).items() if k.startswith("text/")]
        assert not any(MACHINE.search(text) for text in texts)
