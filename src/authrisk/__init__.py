"""Login risk from authentication logs: parse, learn, score."""

__version__ = "0.1.0"
