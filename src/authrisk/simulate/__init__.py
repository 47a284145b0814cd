"""Simulated users, networks and attackers."""
