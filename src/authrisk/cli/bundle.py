"""`authrisk bundle`: look at a bundle, verify it, sign it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from authrisk.cli.terminal import show, table

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Verify, show or sign a bundle."
)

Which = Annotated[
    str, typer.Argument(metavar="DIR|NAME", help="supervised, autoencoder, or a directory.")
]


@app.command()
def verify(
    bundle: Which,
    key: Annotated[
        list[Path] | None,
        typer.Option(help="Public key that must have signed it. May be repeated."),
    ] = None,
) -> None:
    """Check every file of a bundle and replay its golden cases; exit code 78 when refused.

    \b
    Example:
      authrisk bundle verify my-bundle
    """
    from authrisk.models.bundle import load_bundle, locate_bundle
    from authrisk.models.signature import read_public_key

    path = locate_bundle(bundle)
    loaded = load_bundle(path, [read_public_key(each) for each in key or ()])
    manifest = loaded.manifest
    show([
        f"{loaded.name} {loaded.version}: {manifest.kind}, {len(manifest.files)} files as stated, "
        f"{len(loaded.golden)} golden cases replayed{', signature good' if key else ''}"
    ])  # fmt: skip


@app.command()
def keygen(
    private: Annotated[Path, typer.Argument(metavar="FILE", help="Of the private key.")],
) -> None:
    """Make a key to sign bundles with, and FILE.pub, which services are told to trust.

    \b
    Example:
      authrisk bundle keygen release.pem
    """
    from authrisk.models.signature import make_key_pair

    show([f"{private}: keep it secret", f"{make_key_pair(private)}: for `serve --bundle-key`"])


@app.command()
def sign(
    bundle: Annotated[Path, typer.Argument(metavar="DIR", help="A bundle's directory.")],
    key: Annotated[Path, typer.Option(help="The private key of `keygen`.")],
) -> None:
    """Sign a bundle.

    \b
    Example:
      authrisk bundle sign my-bundle --key release.pem
    """
    from authrisk.models.bundle import locate_bundle, sign_bundle

    show([f"{sign_bundle(locate_bundle(str(bundle)), key)}: written"])


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
