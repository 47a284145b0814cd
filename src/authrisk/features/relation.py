"""How a past login and the current one go together: the columns of scope `relation`."""

from __future__ import annotations

import math

from numba import njit, prange

from authrisk.features.catalogue import FIELDS
from authrisk.features.coded import CODES, LATITUDE, LONGITUDE, RTT, TIME

N_FIELDS = len(FIELDS)
CLIENT, ASN, PREFIX = (CODES + FIELDS.index(field) for field in ("client", "asn", "prefix"))
NS = 1_000_000_000
HOUR_NS = 3_600 * NS
DAY_NS = 24 * HOUR_NS


@njit(cache=True)
def km_between(lat1, lon1, lat2, lon2):
    """Great-circle distance in km (haversine); NaN when a coordinate is missing."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    d_lat, d_lon = p2 - p1, math.radians(lon2 - lon1)
    a = math.sin(d_lat / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(d_lon / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(min(1.0, max(0.0, a))))


@njit(cache=True)
def relate(ints, floats, past, me, out):
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
    # NaN compares false: a time or a coordinate that is missing leaves both columns at 0.
    one, other = floats[past, RTT], floats[me, RTT]
    measured = one >= 0.0 and other >= 0.0
    out[N_FIELDS + 5] = 1.0 if measured else 0.0
    apart = abs(math.log1p(other) - math.log1p(one)) if measured else 0.0
    out[N_FIELDS + 6] = min(apart, 3.0)
    km = km_between(
        floats[past, LATITUDE], floats[past, LONGITUDE], floats[me, LATITUDE], floats[me, LONGITUDE]
    )
    out[N_FIELDS + 7] = 1.0 if km >= 0.0 else 0.0
    out[N_FIELDS + 8] = math.log1p(km) / 10.0 if km >= 0.0 else 0.0


@njit(cache=True, parallel=True)
def relations(ints, floats, past, me, out):
    """`relate` of many: past (M, K) and me (M,) are indices of events, -1 for none; out is
    (M, K, F_RELATION), zero where there is no past."""
    for i in prange(me.size):
        for k in range(past.shape[1]):
            if past[i, k] >= 0:
                relate(ints, floats, past[i, k], me[i], out[i, k])
            else:
                out[i, k] = 0.0
