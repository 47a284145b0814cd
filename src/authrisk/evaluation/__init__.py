"""Replay through the real scorer, metrics and reports."""
