"""From the logs of any authentication server to login events."""
