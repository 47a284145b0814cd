"""A consumer service after the RBA data set: most users come once or twice a year."""

from authrisk.simulate.profiles.crowd import Crowd, LogNormalLogins, PlaceShares
from authrisk.simulate.profiles.profile import Profile

# Local hours such that all users together, in their time zones and with their summer time, have
# the published hours of `calibration.HOURS` in UTC (Richardson and Lucy, five steps, done once).
_HOURS = (
    0.92, 0.19, 0.13, 0.37, 0.62, 0.87, 1.47, 3.09, 4.96, 5.71, 6.47, 6.84,
    6.33, 6.01, 6.04, 6.09, 5.96, 6.38, 6.53, 6.02, 6.41, 6.09, 4.34, 2.16,
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
        hops=0.3,
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
