"""How fast: one login, whole files, training, start. `python -m benchmarks.speed`."""
