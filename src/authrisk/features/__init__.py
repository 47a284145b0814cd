"""One definition of every feature, for training, replay and the live service."""
