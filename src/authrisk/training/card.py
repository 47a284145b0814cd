"""The model card of a bundle: what it was trained on, what it reaches, where it is blind."""

from __future__ import annotations

from typing import Any


def model_card(kind: str, manifest: dict[str, Any], metrics: dict[str, Any]) -> str:
    """Markdown for people. Every figure comes from `manifest` and `metrics`."""
    data = manifest["data"]
    origin = (
        "**The training data is simulated** (authrisk's own simulator); no person's logins were "
        "used. Figures on your users will differ: measure them with `authrisk evaluate`."
        if data["simulated"]
        else "Trained on the operator's own events."
    )
    what = {
        "autoencoder": "LSTM autoencoder: surprise, in bits, of a login given its user's past. "
        "Needs no labels.",
        "supervised": "LSTM with one logit, trained on legitimate logins against attacks; an LSTM "
        "autoencoder judges with it, by a small weight, and alone where it is alarmed enough: it "
        "sees attackers that no label told of.",
    }[kind]
    lines = [
        f"# {manifest['name']}",
        "",
        what,
        "",
        origin,
        "",
        *_begun(metrics),
        "## Data",
        "",
        f"- {data['events']:,} events of {data['users']:,} users",
        f"- from {data['first']} to {data['last']}",
        f"- {data['attacks']:,} attacks beside them, judged against their victims' own past",
        f"- fingerprint `{data['fingerprint']}`, seed {manifest['seed']}",
        "- split by time, a fifth of the users held out of training: "
        + ", ".join(f"{k} {v}" for k, v in manifest["split"].items()),
        "",
        "## Figures",
        "",
        f"On {metrics['legitimate_logins']:,} later legitimate logins of users that the "
        "calibration did not use, in brackets 95 % intervals (users drawn again):",
        "",
        f"- promised 1 % step-ups (riskScore >= 0.5): {metrics['promised_1pct_realised']:.2%} "
        f"[{_interval(metrics['promised_1pct_interval'], 2)}]",
        f"- promised 0.1 % (riskScore >= 0.75): {metrics['promised_0.1pct_realised']:.3%} "
        f"[{_interval(metrics['promised_0.1pct_interval'], 3)}]",
    ]
    if "per_tier" in metrics:
        lines += [
            "",
            "| attacks | n | recall @1 % | recall @0.1 % | unseen users @1 % | AUC |",
            "|---|---|---|---|---|---|",
        ]
        for tier, row in metrics["per_tier"].items():
            lines.append(
                f"| {tier} | {row['attacks']:,} | {row['recall_at_1pct']:.1%} "
                f"[{_interval(row['recall_at_1pct_interval'])}] "
                f"| {row['recall_at_0.1pct']:.1%} [{_interval(row['recall_at_0.1pct_interval'])}] "
                f"| {row['recall_at_1pct_unseen_users']:.1%} "
                f"| {row['auc']:.3f} |"
            )
        if "hidden" in metrics["per_tier"]:
            lines += [
                "",
                "`hidden`: injected attacks that leave out their client or their place. Users of "
                "the training data never do, so this row shows that the model noticed, not how "
                "often such attacks are found elsewhere.",
            ]
        if "labelled" in metrics["per_tier"]:
            lines += ["", "`labelled`: attacks that the data themselves name."]
    lines += [
        "",
        "## Blind spots",
        "",
        "- An attacker on the victim's own device, or with an exact copy of client, network and "
        "hours, cannot be told from the victim.",
        "- An address from the same carrier or office as the victim's says almost nothing.",
        "- Users without history are judged by the population's habits alone; the state says "
        "`learning`.",
        "- Figures on injected attacks hold for those attackers, not for all.",
        "",
    ]
    return "\n".join(lines)


def _interval(bounds: list[float], digits: int = 1) -> str:
    return ", ".join(f"{100 * bound:.{digits}f}" for bound in bounds)


def _begun(metrics: dict[str, Any]) -> list[str]:
    version = metrics.get("continued_from")
    return [] if version is None else [f"Training went on from bundle `{version}`.", ""]
