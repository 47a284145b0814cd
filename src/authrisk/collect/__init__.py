"""Logins that arrive by themselves: over syslog and HTTP, scored, remembered, told as alerts."""
