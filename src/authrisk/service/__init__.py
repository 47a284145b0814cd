"""The HTTP service: a composition root over the scorer."""
