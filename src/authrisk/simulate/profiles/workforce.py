"""The life of a workforce: people with a contract, a desk, a calendar and colleagues.

Rates are means. Every person draws habits of their own around them, most of them log-normal or
from a beta law, so that no single number describes everybody.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workforce:
    """How a workforce lives. Shares are of people unless said otherwise."""

    weekly_logins: tuple[float, float]
    """Fewest and most successful logins in a full week of work; log-uniform between them."""
    start_hour: float
    """Local hour at which people begin."""
    start_spread_h: float
    """How far people differ in it."""
    day_spread_h: float
    """How far one person's days differ in it, median of people."""
    day_length_h: float
    workdays: tuple[float, ...]
    """Chance that a person works on each weekday, Monday first; shifts know no weekdays."""
    evenings: float
    """Mean share of logins in the evening, from home."""

    site_users: float
    """People per site (an office, a branch, a campus); sizes follow Zipf's law."""
    team_users: float
    home_office: float
    """Mean share of working days at home of those who have a site."""
    remote: float
    """Without a site."""
    shifts: float
    """Share of teams that work in rotating shifts."""
    terminals: float
    """Share of the logins of shift workers that are made at a shared terminal of the site."""
    contractors: float
    services: float
    """Programs."""
    dormant: float
    """Accounts that are used a few times a year."""
    turnover_per_year: float
    """People who leave, and as many who join."""

    tunnels: float
    """Have the company's VPN, each with a habit of their own of using it."""
    sase: float
    """Go through a cloud proxy with rotating exits, even from the office."""
    relays: float
    """Private relay on the phone."""
    cloud_desktops: float
    """Work on a rented machine in a hosting network."""
    gateways: int
    """VPN exits of the company, over its main countries."""
    dormitories: float
    """Live behind a shared address."""

    phone: float
    """Mean share of logins by phone."""
    spare: float
    """Have a second computer or a tablet."""
    managed: float
    """Devices whose updates the IT department rolls out in waves."""
    macs: float
    """Share of computers that are not the house's standard; the rest is."""

    trips_per_year: float
    site_trips: float
    """Share of trips that lead to another site of the company."""
    foreign_trips: float
    leaves_per_year: float
    sick_per_year: float
    gatherings_per_year: float
    """Meetings of a whole team at a new place, per team."""
    moves_per_year: float
    """Changes of the home line: another flat or another provider."""
    second_homes: float
    shutdown: bool
    """Nobody works between Christmas and New Year."""
    terms: tuple[tuple[int, int], ...] = ()
    """First and last day of year of the terms; outside of them few come. Empty: no terms."""

    failures_per_success: float = 0.05
    forgotten_per_year: float = 1.0
    """Forgotten or expired passwords per person."""
