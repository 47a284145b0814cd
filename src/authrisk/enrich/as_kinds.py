"""Which autonomous systems rent out machines, sell VPN exits, or run Tor exits.

Written for this project from what the operators call themselves and sell; no list of others was
copied. A network that is in none of these lists is not thereby somebody's home line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

AsKind = Literal["hosting", "vpn", "tor"]

HOSTING_AS = frozenset(
    (
        16509, 14618, 8987,
        8075, 8068, 8069, 58593,
        15169, 396982, 19527,
        13335, 54113, 20940, 16625, 36183, 63949,
        14061, 20473, 24940, 213230, 212317, 16276, 12876, 29447,
        45102, 37963, 134963, 132203, 45090, 55990, 136907, 135377, 59019,
        31898, 36351, 19994, 27357, 33070,
        60781, 28753, 30633, 7203, 395954, 394380, 16265, 59253, 133752,
        51167, 40021, 141995, 8560, 197540, 24961, 47447,
        30823, 58212, 44066, 34549, 29066, 31103, 12586,
        26496, 398101, 21499, 8972, 20773, 34011, 46606, 29873, 22612, 26347, 33182, 32244,
        9009, 60068, 212238, 62240, 25369, 202425, 51852, 200651, 43289, 206264,
        53667, 40676, 8100, 36352, 54290, 55286, 46562,
        32097, 33387, 19318, 46844, 53755, 62904, 32181, 11878,
        20278, 29838, 23352, 22552, 17216, 55081, 61317,
        29802, 23470, 25820, 35916, 63473, 64267, 397423, 399629,
        49981, 43350, 50673, 57043, 56630, 42831, 20860, 60404, 49544, 39572, 207990, 58065,
        49505, 50340, 197695, 9123, 48282, 29182, 44050,
        210644, 216246, 57523, 198953, 200350, 200019, 44477,
        202053, 42708, 61272, 396356, 54825, 42473, 21859, 7979, 206092, 210558, 62744, 200052,
        9312, 3258, 4785, 6233, 8888, 3214, 64050, 9370, 7506, 45839, 34989, 12989,
    )
)  # fmt: skip
"""AS numbers of clouds, hosting firms, CDNs and proxy farms whose names do not tell."""

VPN_AS = frozenset(
    (  # PacketHub (NordVPN), 31173 Services and Mullvad, Proton, Windscribe, IVPN and others
        136787, 272096, 207137, 147049, 141039, 39351, 49399, 214813, 216025,
        62371, 199218, 208172, 209103, 397540, 203619, 208765, 213163, 397282,
    )
)  # fmt: skip
"""AS numbers whose addresses are mostly exits of consumer VPNs."""

TOR_AS = frozenset((60729, 205100, 396507, 208323, 198093, 215125, 4224))
"""AS numbers of foundations and clubs that run Tor exits and little else."""

_HOSTING_NAME = re.compile(
    r"hosting|hoster\b|\bhost\b|\bvps\b|\bservers?\b|data ?cent(?:er|re)s?\b|\bdatacent"
    r"|\bcolo(?:cation)?\b|dedicated|\bcdn\b|\bcloud (?:service|solution|comput|infra|hosting)"
    r"|\b(?:google|tencent|alibaba|huawei|oracle|naver|nhn|yandex\.?|smart|kingsoft) ?cloud\b",
    re.IGNORECASE | re.ASCII,
)
_VPN_NAME = re.compile(
    r"\b(?:mullvad|nordvpn|expressvpn|surfshark|cyberghost|windscribe|ipvanish|packethub"
    r"|31173 services|ivpn|ovpn|protonvpn)\b|\bvpn (?:ab|ltd|limited|llc|inc|gmbh)\b",
    re.IGNORECASE | re.ASCII,
)
_NOT_HOSTING_NAME = re.compile(
    r"telecom|telekom|communicac|broadband|cable|mobile|wireless|universit|chinanet|\bisp\b"
    r"|internet data center$",
    re.IGNORECASE | re.ASCII,
)


@lru_cache(maxsize=4096)
def kind_of_as(asn: int | None, name: str | None) -> AsKind | None:
    """The kind of an autonomous system by number, else by name; None when neither tells.

    False positives: an office behind its own hosting firm's AS, a browser behind a corporate
    proxy in a cloud. An attacker walks around it with residential proxies.

    >>> kind_of_as(16509, "Amazon.com, Inc."), kind_of_as(60729, None), kind_of_as(3320, "DTAG")
    ('hosting', 'tor', None)
    >>> kind_of_as(None, "Example Web Hosting Ltd"), kind_of_as(216025, "Mullvad VPN AB")
    ('hosting', 'vpn')
    """
    if asn in TOR_AS:
        return "tor"
    if asn in VPN_AS:
        return "vpn"
    if asn in HOSTING_AS:
        return "hosting"
    if not name:
        return None
    if _VPN_NAME.search(name):
        return "vpn"
    if _HOSTING_NAME.search(name) and not _NOT_HOSTING_NAME.search(name):
        return "hosting"
    return None
