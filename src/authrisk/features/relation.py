"""How a past login and the current one go together: the columns of scope `relation`."""

from __future__ import annotations

import math

from numba import njit, prange

from authrisk.features.catalogue import FIELDS
from authrisk.features.coded import CODES, TIME

N_FIELDS = len(FIELDS)
CLIENT, ASN, PREFIX = (CODES + FIELDS.index(field) for field in ("client", "asn", "prefix"))
NS = 1_000_000_000
HOUR_NS = 3_600 * NS
DAY_NS = 24 * HOUR_NS


@njit(cache=True)
def relate(ints, past, me, out):
    """Write how the login `past` and the later login `me` go together into out[:F_RELATION]."""
    for f in range(N_FIELDS):
        code = ints[me, CODES + f]
        out[f] = 1.0 if code != 0 and ints[past, CODES + f] == code else 0.0
    shared = out[CLIENT - CODES]
    out[N_FIELDS] = shared * out[ASN - CODES]
    out[N_FIELDS + 1] = shared * out[PREFIX - CODES]
    ago = max(0, ints[me, TIME] - ints[past, TIME])
    out[N_FIELDS + 2] = math.log1p(ago / NS) / 20.0
    hours = ago / HOUR_NS % 24.0
    out[N_FIELDS + 3] = min(hours, 24.0 - hours) / 12.0
    same_day = (ints[me, TIME] // DAY_NS - ints[past, TIME] // DAY_NS) % 7 == 0
    out[N_FIELDS + 4] = 1.0 if same_day else 0.0


@njit(cache=True, parallel=True)
def relations(ints, past, me, out):
    """`relate` of many: past (M, K) and me (M,) are indices of events, -1 for none; out is
    (M, K, F_RELATION), zero where there is no past."""
    for i in prange(me.size):
        for k in range(past.shape[1]):
            if past[i, k] >= 0:
                relate(ints, past[i, k], me[i], out[i, k])
            else:
                out[i, k] = 0.0
