"""Scenarios: attackers who play against the live scorer over days, and what they gain."""
