"""What the service does when it is killed, and when its disk is full, hangs or is copied."""
