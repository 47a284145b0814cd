"""Detection quality: all contenders on simulated worlds, with the protocol's figures."""
