"""A consumer service after the RBA data set: most users come once or twice a year."""

from authrisk.simulate.profiles.crowd import Crowd, LogNormalLogins, PlaceShares
from authrisk.simulate.profiles.profile import Profile

# Hours of the main country's users such that all users together, in their time zones, have the
# published hours of `calibration.HOURS` (deconvolved once).
_HOURS = (
    0.03, 0.1, 0.36, 0.68, 1.12, 2.41, 4.27, 5.5, 6.22, 6.79, 6.61, 6.16,
    6.09, 6.06, 6.1, 6.15, 6.61, 6.19, 6.31, 6.4, 5.05, 3.08, 1.33, 0.39,
)  # fmt: skip
WEEKDAYS = (0.150, 0.152, 0.154, 0.150, 0.144, 0.125, 0.125)
"""Shares of the weekdays, Monday first, within the published ranges."""

CONSUMER = Profile(
    name="consumer",
    life=Crowd(
        logins=LogNormalLogins(0.35, 1.35),
        gap_shares=(0.040, 0.107, 0.038, 0.124, 0.174, 0.214, 0.303),
        hour_shares=_HOURS,
        weekday_shares=WEEKDAYS,
        device_shares=(0.63, 0.25, 0.065, 0.028, 0.026),
        mobile_places=PlaceShares(home=0.55, mobile=0.33, office=0.06, vpn=0.02, elsewhere=0.04),
        desk_places=PlaceShares(home=0.66, mobile=0.05, office=0.20, vpn=0.04, elsewhere=0.05),
        place_focus=0.80,
        routine=0.75,
        hops=0.28,
        hosting_homes=0.02,
        trips_per_year=0.6,
        failures_per_success=0.28,
        forgotten_per_year=0.55,
        employers_per_user=0.02,
    ),
    countries=(("NO", 0.74),),
    surprise_quantiles=(
        (0.0, 1.15), (0.3, 1.4), (0.57, 1.9), (0.71, 2.2), (0.76, 4.2), (0.83, 5.2),
        (0.95, 7.2), (0.99, 10.9), (1.0, 12.5),
    ),
    attack_share=0.08,
    rtt_share=0.04,
    rtt_scale_ms=540.0,
    apps=(("account", 0.7), ("shop", 0.2), ("community", 0.1)),
)  # fmt: skip
