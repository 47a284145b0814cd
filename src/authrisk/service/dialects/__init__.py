"""Other servers' ways to ask for a risk score: one thin adapter a file."""
