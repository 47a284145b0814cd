"""The files for operators name what there is, all of it, and nothing else."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.main

from authrisk.cli.app import app
from authrisk.service.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
METRIC = re.compile(r"\bauthrisk_[a-z_]+")


def published():
    """Names of all series families of the service."""
    metrics = Metrics()
    metrics.request("assess", 200, 0.1)
    metrics.assessed("low", "scored")
    metrics.shadowed("low", "high")
    metrics.serving("name", "version")
    text = metrics.exposition().decode()
    return {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line[0] != "#"}


def labels_of(name):
    metrics = Metrics()
    metrics.request("assess", 200, 0.1)
    metrics.assessed("low", "scored")
    metrics.shadowed("low", "high")
    metrics.serving("name", "version")
    return set(re.findall(rf"^{name}\{{.*?\}}", metrics.exposition().decode(), re.MULTILINE))


def test_dashboard_and_alerts_name_metrics_that_exist():
    """Every metric and label that a panel or a rule asks for is one that the service publishes."""
    names = published()
    alerts = (DEPLOY / "alerts.yml").read_text()
    board = json.loads((DEPLOY / "grafana.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    for text in (alerts, *asked):
        for name in METRIC.findall(re.sub(r'job="authrisk"', "", text)):
            if name != "authrisk_":
                assert name in names, name
    assert len(asked) >= 12
    for expression in asked:
        for name, inside in re.findall(r"(authrisk_[a-z_]+)\{([^}]*)\}", expression):
            for label in re.findall(r"([a-z_]+)(?:=~|!=|=)", inside):
                assert any(f'{label}="' in shown for shown in labels_of(name)), (name, label)


def test_alerts_are_rules():
    """Each rule has a name, an expression, a severity, and says what to do."""
    import yaml

    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    assert len(group["rules"]) >= 6
    for rule in group["rules"]:
        assert rule["alert"].startswith("Authrisk")
        assert rule["expr"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "remedy"}


def options():
    """Every option of `authrisk serve` that the environment may set: name, default."""
    command = typer.main.get_command(app).commands["serve"]
    return {p.envvar: p.default for p in command.params if getattr(p, "envvar", None)}


def test_every_setting_is_explained_with_its_default():
    """The example of settings names each environment variable of `serve` once, explains it, and
    shows its default where it has one."""
    lines = (DEPLOY / "authrisk.env").read_text().splitlines()
    shown = {}
    for n, line in enumerate(lines):
        match = re.fullmatch(r"#?(AUTHRISK_[A-Z_]+)=(.*)", line)
        if match:
            assert match[1] not in shown
            shown[match[1]] = match[2]
            assert any(before.startswith("# ") for before in lines[max(0, n - 2) : n]), line
    known = options()
    assert set(shown) == set(known)
    for name, default in known.items():
        if default is not None and name != "AUTHRISK_HISTORY":
            assert shown[name] == str(getattr(default, "value", default)), name


def test_metrics_stay_few(make_client_of_all_routes):
    """Whatever is asked, /metrics has at most 200 series."""
    assert make_client_of_all_routes() <= 200


@pytest.fixture
def make_client_of_all_routes():
    def count():
        metrics = Metrics()
        metrics.serving("name", "version")
        routes = [
            "assess", "get_anomaly_score", "assess_batch", "report_outcome", "give_feedback",
            "list_logins", "erase_user", "show_model", "reload_model", "roll_back", "show_shadow",
            "live", "ready", "show_metrics", "show_openapi", "show_page", "none", "other",
        ]  # fmt: skip
        for route in routes:
            for status in (200, 404, 503):
                metrics.request(route, status, 0.1)
        for level in ("low", "medium", "high"):
            for other in ("low", "medium", "high"):
                metrics.shadowed(level, other)
            for state in ("scored", "learning"):
                metrics.assessed(level, state)
        return sum(line[0] != "#" for line in metrics.exposition().decode().splitlines())

    return count


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_the_unit_is_well_formed():
    """systemd finds no fault with the unit, but that the program is not installed here."""
    done = subprocess.run(
        ["systemd-analyze", "verify", DEPLOY / "authrisk.service"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    faults = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert faults == []
