"""A games portal of another part of the world: evenings and weekends. For transfer tests only."""

from authrisk.simulate.profiles.crowd import Crowd, LogNormalLogins, PlaceShares
from authrisk.simulate.profiles.profile import Profile

_HOURS = (
    3.2, 1.7, 0.9, 0.5, 0.4, 0.6, 1.2, 2.2, 3.0, 3.3, 3.7, 4.2,
    5.2, 4.6, 4.2, 4.7, 5.4, 6.0, 6.7, 7.7, 8.8, 9.2, 8.0, 5.0,
)  # fmt: skip

GAMES = Profile(
    name="games",
    life=Crowd(
        logins=LogNormalLogins(2.1, 1.2),
        gap_shares=(0.015, 0.05, 0.045, 0.43, 0.28, 0.12, 0.06),
        hour_shares=_HOURS,
        weekday_shares=(0.128, 0.126, 0.128, 0.13, 0.148, 0.176, 0.164),
        device_shares=(0.48, 0.42, 0.01, 0.05, 0.04),
        mobile_places=PlaceShares(home=0.42, mobile=0.44, office=0.03, vpn=0.05, elsewhere=0.06),
        desk_places=PlaceShares(home=0.74, mobile=0.02, office=0.04, vpn=0.08, elsewhere=0.12),
        place_focus=0.72,
        routine=0.5,
        hops=0.1,
        hosting_homes=0.035,
        trips_per_year=1.0,
        failures_per_success=0.12,
        forgotten_per_year=0.8,
        employers_per_user=0.03,
    ),
    countries=(("JP", 0.36), ("KR", 0.2), ("TW", 0.12), ("TH", 0.1), ("ID", 0.08)),
    surprise_quantiles=(
        (0.0, 1.8), (0.4, 2.4), (0.7, 3.5), (0.9, 5.5), (0.99, 9.0), (1.0, 11.5),
    ),
    attack_share=0.18,
    rtt_share=0.3,
    rtt_scale_ms=110.0,
    half=1,
    auth_methods=(("password", 0.8), ("otp", 0.2)),
    apps=(("launcher", 0.55), ("web", 0.3), ("store", 0.15)),
)  # fmt: skip
