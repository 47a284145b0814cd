"""Signed bundles: who trusts a key takes nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from authrisk.cli import main
from authrisk.errors import BundleError, InputError
from authrisk.models.bundle import MANIFEST, load_bundle, sign_bundle
from authrisk.models.signature import SIGNATURE, make_key_pair, read_public_key


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """(private, public) key files."""
    private = tmp_path / "release.pem"
    return private, make_key_pair(private)


def test_a_signed_bundle_is_taken(copied: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """With the signature of a trusted key, one of several, the bundle loads as the same version."""
    private, public = keys
    before = load_bundle(copied).version
    sign_bundle(copied, private)
    other = make_key_pair(tmp_path / "other.pem")
    trusted = [read_public_key(other), read_public_key(public)]
    assert load_bundle(copied, trusted).version == before
    assert load_bundle(copied).version == before


def test_anything_else_is_refused(copied: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """Without its signature, with one of another key, of another manifest, or with any byte of it
    changed, a bundle is refused by name."""
    private, public = keys
    trusted = [read_public_key(public)]
    with pytest.raises(BundleError, match="only signed bundles") as caught:
        load_bundle(copied, trusted)
    assert caught.value.where == SIGNATURE
    make_key_pair(tmp_path / "other.pem")
    sign_bundle(copied, tmp_path / "other.pem")
    with pytest.raises(BundleError, match="none of the trusted keys"):
        load_bundle(copied, trusted)
    sign_bundle(copied, private)
    good = (copied / SIGNATURE).read_bytes()
    for at in range(len(good)):
        (copied / SIGNATURE).write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(BundleError, match="none of the trusted keys"):
            load_bundle(copied, trusted)
    for wrong in (b"", good[:-1], good + b"\0"):
        (copied / SIGNATURE).write_bytes(wrong)
        with pytest.raises(BundleError, match="is not 64 bytes"):
            load_bundle(copied)
    (copied / SIGNATURE).write_bytes(good)
    manifest = (copied / MANIFEST).read_bytes()
    (copied / MANIFEST).write_bytes(manifest + b"\n")
    with pytest.raises(BundleError, match="another manifest"):
        load_bundle(copied, trusted)


def test_the_commands(copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """keygen, sign and verify; a bundle stripped of its signature is exit code 78."""
    private = tmp_path / "k.pem"
    assert main(["bundle", "keygen", str(private)]) == 0
    assert oct(private.stat().st_mode & 0o777) == "0o600"
    assert main(["bundle", "keygen", str(private)]) == 2
    public = str(private) + ".pub"
    assert main(["bundle", "verify", str(copied), "--key", public]) == 78
    assert main(["bundle", "sign", str(copied), "--key", str(private)]) == 0
    assert main(["bundle", "verify", str(copied), "--key", public]) == 0
    assert "signature good" in capsys.readouterr().out
    (copied / SIGNATURE).unlink()
    assert main(["serve", "--bundle", str(copied), "--bundle-key", public, "--port", "1"]) in {
        2,
        78,
    }
    assert main(["bundle", "verify", str(copied), "--key", public]) == 78
    assert SIGNATURE in capsys.readouterr().err


def test_what_is_no_key_is_said(copied: Path, tmp_path: Path) -> None:
    """A file that holds no Ed25519 key is refused with its name."""
    text = tmp_path / "text"
    text.write_text("hello")
    with pytest.raises(InputError, match="no public key"):
        read_public_key(text)
    with pytest.raises(InputError, match="no private key"):
        sign_bundle(copied, text)
    with pytest.raises(InputError, match="no private key"):
        sign_bundle(copied, tmp_path / "nowhere")


def test_a_signed_bundle_is_replaced_like_any(copied: Path, keys: tuple[Path, Path]) -> None:
    """A signature in the place does not make a directory something else than a bundle."""
    from authrisk.models.bundle import move_bundle

    sign_bundle(copied, keys[0])
    fresh = copied.parent / "fresh"
    shutil.copytree(copied, fresh)
    (fresh / SIGNATURE).unlink()
    move_bundle(fresh, copied)
    assert not (copied / SIGNATURE).exists()
