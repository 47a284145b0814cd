"""Signed bundles: an Ed25519 signature (RFC 8032) over the manifest, which hashes every file.

Whoever serves names the public keys that are trusted; then a bundle without a signature, or with
one of another key, is refused. A signature says who released a bundle, not that it is any good.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from authrisk.errors import BundleError, InputError
from authrisk.private_file import write_new

SIGNATURE = "signature.ed25519"
"""The file in a bundle: 64 bytes over `manifest.json` as it stands there."""
SIGNATURE_BYTES = 64
_CONTEXT = b"authrisk bundle 1\x00"


def make_key_pair(private: Path) -> Path:
    """Write a private key (PEM, PKCS 8, mode 0600) and its public one beside it, `<private>.pub`.

    Answers the path of the public key. Raises InputError where there is a file already.
    """
    key = Ed25519PrivateKey.generate()
    public = private.with_name(private.name + ".pub")
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    shown = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_new(private, secret)
    write_new(public, shown, 0o644)
    return public


def sign(manifest: bytes, private: Path) -> bytes:
    """The signature of a manifest. Raises InputError where the key cannot be used."""
    try:
        key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(f"is no private key: {error}", where=str(private)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("is no Ed25519 key", where=str(private), remedy="authrisk bundle keygen")
    return key.sign(_CONTEXT + manifest)


def read_public_key(path: Path) -> Ed25519PublicKey:
    """A key that bundles must be signed with. Raises InputError where the file is none."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"is no public key: {error}", where=str(path)) from None
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("is no Ed25519 key", where=str(path), remedy="authrisk bundle keygen")
    return key


def require_signed(
    manifest: bytes, signature: bytes | None, trusted: Sequence[Ed25519PublicKey]
) -> None:
    """Raise BundleError unless one of the trusted keys signed the manifest."""
    if signature is None:
        raise BundleError(
            "is missing, and only signed bundles are taken",
            where=SIGNATURE,
            remedy="authrisk bundle sign",
        )
    for key in trusted:
        try:
            key.verify(signature, _CONTEXT + manifest)
        except InvalidSignature:
            continue
        return
    raise BundleError("is of none of the trusted keys, or of another manifest", where=SIGNATURE)
