"""The kernel: one compiled function turns a login and its user's past into a row of features.

`window` (live service, replay) and `rows_of_users` (training) call the same `_row`. What a row
sees is limited: the last LOOKBACK familiar logins and the last FAILURE_LIMIT failed attempts of
the user, all before it in (time, arrival). So a row from the last events equals the row from the
whole timeline. All arithmetic is float64, rounded to float32 once, when it is written.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from authrisk.features import catalogue as cat
from authrisk.features.catalogue import column
from authrisk.features.coded import (
    BROWSER_VERSION,
    CODES,
    LATITUDE,
    LONGITUDE,
    NETWORK,
    OS_VERSION,
    RTT,
    TIME,
)
from authrisk.features.relation import km_between, relate

K = cat.LOOKBACK
T = cat.STEPS
F = cat.F
F_LOGIN = cat.F_LOGIN
F_RELATION = cat.F_RELATION
C_RELATION = F - F_RELATION
FAILURE_LIMIT = cat.FAILURE_LIMIT
GEO_ERROR_KM = cat.GEO_ERROR_KM
N_FIELDS = len(cat.FIELDS)

_FIELD = {name: i for i, name in enumerate(cat.FIELDS)}
CLIENT, ASN, PREFIX = CODES + _FIELD["client"], CODES + _FIELD["asn"], CODES + _FIELD["prefix"]
BROWSER, OS = CODES + _FIELD["browser"], CODES + _FIELD["os"]
DEVICE, COUNTRY = CODES + _FIELD["device_type"], CODES + _FIELD["country"]
NOVEL = np.array(
    [_FIELD[f] for f in ("country", "asn", "prefix", "address", "browser", "os", "device_type")]
)

C_FIELDS = column("country_same")
C_PER_FIELD = len(cat.FIELD_CLASSES) + 2
C_CLIENT_ASN = column("client_asn_seen")
C_SHOWN = column("client_shown")
C_BROWSER_NEWER = column("browser_newer")
C_GAP = column("gap_log")
C_DEPTH = column("depth_log")
C_HOUR = column("hour_sin")
C_HOUR_BUCKET = column("hour_0")
C_DISTANCE = column("distance_log")
C_SPEED_CLASS = column("speed_missing")
C_NOVELTY = column("novelty")
C_FAILURES = column("failures_since_log")
C_FAILURE_CLASS = column("failures_none")
C_RTT = column("rtt_log")
C_NETWORK = column("network_public")

NS = 1_000_000_000
HOUR_NS = 3_600 * NS
DAY_NS = 86_400 * NS


@njit(cache=True)
def _row(ints, floats, me, past, failures, n_failures, gap_edges, rtt_shift_limit, out):
    """Write the `login` columns of event `me` into out[:F_LOGIN].

    past: indices of earlier familiar logins, oldest first (only the last K count).
    failures: times of earlier failed attempts, newest last; n_failures of them.
    """
    out[:F_LOGIN] = 0.0
    out[0] = 1.0
    n = min(past.size, K)
    begin = past.size - n
    now = ints[me, TIME]
    last = past[past.size - 1] if n > 0 else -1

    novel = 0
    known = 0
    client_hidden = False
    place_hidden = False
    for f in range(N_FIELDS):
        base = C_FIELDS + f * C_PER_FIELD
        code = ints[me, CODES + f]
        count = 0
        newest = -1
        for j in range(begin, past.size):
            if ints[past[j], CODES + f] == code:
                count += 1
                newest = past[j]
        if count == 0:
            # A value that is suddenly absent is as new as any other: hiding it must not pay.
            out[base + 2] = 1.0
            if code == 0 and n > 0:
                client_hidden = client_hidden or CODES + f == CLIENT or CODES + f == BROWSER
                place_hidden = place_hidden or CODES + f == PREFIX
        elif code == 0:
            out[base + 3] = 1.0
        else:
            if newest == last:
                out[base] = 1.0
            else:
                out[base + 1] = 1.0
            days = max(0, now - ints[newest, TIME]) / DAY_NS
            out[base + 4] = 1.0 / (1.0 + days)
            out[base + 5] = count / n
    out[C_SHOWN + (1 if client_hidden else 0)] = 1.0
    out[C_SHOWN + (3 if place_hidden else 2)] = 1.0
    for k in range(NOVEL.size):
        base = C_FIELDS + NOVEL[k] * C_PER_FIELD
        if out[base + 3] == 0.0:
            known += 1
            if out[base + 2] == 1.0:
                novel += 1
    out[C_NOVELTY] = novel / known if known > 0 else 0.0

    # Pairs, versions, hours: one more walk over the past.
    hour = (now % DAY_NS) / HOUR_NS
    day = (now // DAY_NS + 3) % 7
    near_hour = 0
    same_day = 0
    version_of_browser = math.nan
    version_of_os = math.nan
    rtt_sum = 0.0
    rtt_count = 0
    for j in range(begin, past.size):
        p = past[j]
        if ints[me, CLIENT] != 0 and ints[p, CLIENT] == ints[me, CLIENT]:
            if ints[me, ASN] != 0 and ints[p, ASN] == ints[me, ASN]:
                out[C_CLIENT_ASN] = 1.0
            if ints[me, PREFIX] != 0 and ints[p, PREFIX] == ints[me, PREFIX]:
                out[C_CLIENT_ASN + 1] = 1.0
        same_os = ints[me, OS] != 0 and ints[p, OS] == ints[me, OS]
        same_device = ints[p, DEVICE] == ints[me, DEVICE]
        if same_os and same_device:
            version_of_os = floats[p, OS_VERSION]
        same_browser = ints[me, BROWSER] != 0 and ints[p, BROWSER] == ints[me, BROWSER]
        if same_os and same_device and same_browser:
            version_of_browser = floats[p, BROWSER_VERSION]
            if ints[me, COUNTRY] != 0 and ints[p, COUNTRY] == ints[me, COUNTRY]:
                out[C_CLIENT_ASN + 2] = 1.0
        then = (ints[p, TIME] % DAY_NS) / HOUR_NS
        away = abs(hour - then)
        if min(away, 24.0 - away) <= 1.5:
            near_hour += 1
        if (ints[p, TIME] // DAY_NS + 3) % 7 == day:
            same_day += 1
        if floats[p, RTT] >= 0.0:
            rtt_sum += math.log1p(floats[p, RTT])
            rtt_count += 1
    if floats[me, BROWSER_VERSION] > version_of_browser:
        out[C_BROWSER_NEWER] = 1.0
    elif floats[me, BROWSER_VERSION] < version_of_browser:
        out[C_BROWSER_NEWER + 1] = 1.0
    if floats[me, OS_VERSION] > version_of_os:
        out[C_BROWSER_NEWER + 2] = 1.0
    elif floats[me, OS_VERSION] < version_of_os:
        out[C_BROWSER_NEWER + 3] = 1.0

    # Time.
    gap_s = 0.0
    if n > 0:
        gap_s = max(0, now - ints[last, TIME]) / NS
        out[C_GAP] = math.log1p(gap_s) / 20.0
        bucket = 0
        while bucket < gap_edges.size and gap_s >= gap_edges[bucket]:
            bucket += 1
        out[C_GAP + 1 + bucket] = 1.0
        out[C_HOUR + 4] = near_hour / n
        out[C_HOUR + 5] = same_day / n
    else:
        out[C_DEPTH + 1] = 1.0
        out[C_GAP + cat.GAP_BUCKETS] = 1.0
    out[C_DEPTH] = math.log1p(n) / 4.0
    out[C_HOUR] = math.sin(hour * math.pi / 12.0)
    out[C_HOUR + 1] = math.cos(hour * math.pi / 12.0)
    out[C_HOUR + 2] = math.sin(day * 2.0 * math.pi / 7.0)
    out[C_HOUR + 3] = math.cos(day * 2.0 * math.pi / 7.0)
    out[C_HOUR_BUCKET + min(int(hour / 24.0 * cat.HOUR_BUCKETS), cat.HOUR_BUCKETS - 1)] = 1.0

    # Travel since the last familiar login. NaN compares false: a missing coordinate is "missing".
    speed = 0
    if n > 0:
        km = km_between(
            floats[last, LATITUDE], floats[last, LONGITUDE],
            floats[me, LATITUDE], floats[me, LONGITUDE],
        )  # fmt: skip
        if km >= 0.0:
            if km < GEO_ERROR_KM:
                speed = 1
            else:
                kmh = (km - GEO_ERROR_KM) / max(gap_s, 60.0) * 3600.0
                out[C_DISTANCE] = math.log1p(km) / 10.0
                out[C_DISTANCE + 1] = math.log1p(kmh) / 10.0
                speed = 2 if kmh < 1000.0 else 3
    out[C_SPEED_CLASS + speed] = 1.0

    # Failed attempts before this login.
    since = 0
    in_10m = 0
    in_1h = 0
    in_24h = 0
    for j in range(n_failures):
        age = now - failures[j]
        if age > DAY_NS:
            continue
        in_24h += 1
        if age <= HOUR_NS:
            in_1h += 1
        if age <= 600 * NS:
            in_10m += 1
        if last < 0 or failures[j] >= ints[last, TIME]:
            since += 1
    out[C_FAILURES] = math.log1p(since) / 4.0
    out[C_FAILURES + 1] = math.log1p(in_10m) / 4.0
    out[C_FAILURES + 2] = math.log1p(in_1h) / 4.0
    out[C_FAILURES + 3] = math.log1p(in_24h) / 4.0
    if in_24h == 0:
        out[C_FAILURE_CLASS] = 1.0
    elif in_24h < 3:
        out[C_FAILURE_CLASS + 1] = 1.0
    elif in_24h < 10:
        out[C_FAILURE_CLASS + 2] = 1.0
    else:
        out[C_FAILURE_CLASS + 3] = 1.0

    # Round-trip time against the user's own mean.
    rtt = floats[me, RTT]
    if rtt >= 0.0:
        out[C_RTT] = math.log1p(rtt) / 10.0
        usual = True
        if rtt_count > 0:
            shift = abs(math.log1p(rtt) - rtt_sum / rtt_count)
            out[C_RTT + 1] = min(shift, 5.0)
            usual = shift <= rtt_shift_limit
        out[C_RTT + (3 if usual else 4)] = 1.0
    else:
        out[C_RTT + 2] = 1.0
    out[C_NETWORK + ints[me, NETWORK]] = 1.0


@njit(cache=True)
def _scale(row, shift, scale, begin, end):
    for f in range(begin, end):
        row[f] = (row[f] - shift[f]) * scale[f]


@njit(cache=True)
def window(
    ints, floats, past, me, failures, n_failures, moment, gap_edges, rtt_limit, shift, scale, out
):
    """One scaled window: out is (T, F), padded with zero rows in front; the login is out[T - 1].

    past: indices of the user's familiar logins before `me`, oldest first, at most HISTORY_LIMIT.
    failures: (M,) times of the user's failed attempts before `me`, oldest first.
    moment: (F_MOMENT,) population and source columns of the login.
    """
    steps = min(past.size, T - 1)
    out[: T - 1 - steps] = 0.0
    for s in range(steps):
        at = past.size - steps + s
        row = out[T - 1 - steps + s]
        mine = past[at]
        # Rows of the past leave failures out: which of those are still kept depends on now.
        _row(ints, floats, mine, past[:at], failures, 0, gap_edges, rtt_limit, row)
        _scale(row, shift, scale, 0, F_LOGIN)
        row[F_LOGIN:C_RELATION] = 0.0
        relate(ints, floats, mine, me, row[C_RELATION:])
    row = out[T - 1]
    first = max(0, n_failures - FAILURE_LIMIT)
    _row(ints, floats, me, past, failures[first:], n_failures - first, gap_edges, rtt_limit, row)
    row[F_LOGIN:C_RELATION] = moment
    _scale(row, shift, scale, 0, C_RELATION)
    row[C_RELATION:] = 0.0


@njit(cache=True)
def _walk(previous, start, limit, buffer):
    """Follow `previous` from `start`; the last `limit` indices, oldest first, end the buffer."""
    n = 0
    at = start
    while at >= 0 and n < limit:
        n += 1
        buffer[limit - n] = at
        at = previous[at]
    return n


@njit(cache=True, nogil=True)
def windows_at(
    ints,
    floats,
    positions,
    last_familiar,
    last_failure,
    moment,
    gap_edges,
    rtt_limit,
    shift,
    scale,
    out,
):
    """`window` of each of the events at `positions` (n,), into out (n, T, F).

    last_familiar, last_failure: (N,) for each event the index of the latest familiar (failed)
    event of its user before it, -1 when there is none.
    """
    limit = cat.HISTORY_LIMIT
    for i in range(positions.size):
        me = positions[i]
        buffer = np.empty(limit, np.int64)
        n = _walk(last_familiar, last_familiar[me], limit, buffer)
        failed = np.empty(FAILURE_LIMIT, np.int64)
        m = _walk(last_failure, last_failure[me], FAILURE_LIMIT, failed)
        times = np.empty(m, np.int64)
        for j in range(m):
            times[j] = ints[failed[FAILURE_LIMIT - m + j], TIME]
        window(
            ints, floats, buffer[limit - n :], me, times, m, moment[i],
            gap_edges, rtt_limit, shift, scale, out[i],
        )  # fmt: skip


@njit(cache=True, parallel=True)
def rows_of_users(ints, floats, standing, starts, gap_edges, rtt_limit, out):
    """The unscaled `login` columns of every event, into out[:, :F_LOGIN].

    Events are grouped by user, in order; starts (U + 1,) bounds the groups. standing (N,) int8:
    1 familiar, 2 failed, anything else is judged and then forgotten.
    """
    for u in prange(starts.size - 1):
        begin = starts[u]
        size = starts[u + 1] - begin
        past = np.empty(size, np.int64)
        failures = np.empty(size, np.int64)
        n = 0
        m = 0
        for i in range(begin, begin + size):
            oldest = max(0, n - K)
            first = max(0, m - FAILURE_LIMIT)
            _row(
                ints, floats, i, past[oldest:n], failures[first:m], m - first,
                gap_edges, rtt_limit, out[i],
            )  # fmt: skip
            if standing[i] == 1:
                past[n] = i
                n += 1
            elif standing[i] == 2:
                failures[m] = ints[i, TIME]
                m += 1


@njit(cache=True)
def previous_of_users(standing, starts, wanted, out):
    """For each event the index of the latest event of its user before it with that standing."""
    for u in range(starts.size - 1):
        latest = -1
        for i in range(starts[u], starts[u + 1]):
            out[i] = latest
            if standing[i] == wanted:
                latest = i
