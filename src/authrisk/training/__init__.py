"""Training: the only place where torch is imported. Needs the extra `train`."""
