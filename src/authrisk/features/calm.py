"""Calm logins: from a network and with a kind of device that the user has, whatever fails beside.

Anybody can fail to log in as somebody else, ten thousand times. Failed attempts say something of
a login that brings something new; were they held against the user's own as well, whoever knows
a name could raise that user's scores at will.
"""

from __future__ import annotations

import numpy as np

from authrisk.features.catalogue import BLOCKS, NAMES, column
from authrisk.features.encoders import Scalers
from authrisk.features.timeline import Rows

KNOWN = ("country", "asn", "browser", "os", "device_type")
"""The fields that are not new in a calm login."""

_NEW = [column("first"), *(column(f"{field}_new") for field in KNOWN)]
_BLOCK = next(block for block in BLOCKS if block.name == "failures")
_FAILURES = [i for i, name in enumerate(NAMES) if name.startswith("failures_")]


def without_failures(windows: Rows, scalers: Scalers) -> Rows:
    """Scaled windows (n, T, F) with the failed attempts taken out of their calm logins.

    Answers the windows themselves, changed in place.
    """
    calm = (windows[:, -1, _NEW] == 0.0).all(axis=1)
    shift, scale = scalers.vectors()
    none = np.zeros(len(NAMES))
    none[_BLOCK.start] = 1.0
    none = (none - shift) * scale
    last = windows[:, -1]
    for at in _FAILURES:
        last[calm, at] = none[at]
    return windows
