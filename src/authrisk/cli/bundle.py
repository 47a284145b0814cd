"""`authrisk bundle`: look at a bundle, and verify it."""

from __future__ import annotations

from typing import Annotated

import typer

from authrisk.cli.terminal import show, table

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Verify or show a bundle.")

Which = Annotated[
    str, typer.Argument(metavar="DIR|NAME", help="supervised, autoencoder, or a directory.")
]


@app.command()
def verify(bundle: Which) -> None:
    """Check every file of a bundle and replay its golden cases; exit code 78 when refused.

    \b
    Example:
      authrisk bundle verify my-bundle
    """
    from authrisk.models.bundle import load_bundle, locate_bundle

    path = locate_bundle(bundle)
    loaded = load_bundle(path)
    manifest = loaded.manifest
    show([
        f"{loaded.name} {loaded.version}: {manifest.kind}, {len(manifest.files)} files as stated, "
        f"{len(loaded.golden)} golden cases replayed"
    ])  # fmt: skip


@app.command(name="show")
def show_bundle(bundle: Which) -> None:
    """Show the model card and the files of a bundle.

    \b
    Example:
      authrisk bundle show supervised
    """
    from authrisk.models.bundle import load_bundle, locate_bundle

    path = locate_bundle(bundle)
    loaded = load_bundle(path)
    manifest = loaded.manifest
    rows = [[name, f"{e.bytes:,}", e.sha256] for name, e in sorted(manifest.files.items())]
    show([
        loaded.card.rstrip(),
        "",
        f"version {loaded.version}, {manifest.kind}, made {manifest.created} by authrisk "
        f"{manifest.authrisk_version}: {path}",
        *table(["file", "bytes", "sha256"], rows),
    ])  # fmt: skip
