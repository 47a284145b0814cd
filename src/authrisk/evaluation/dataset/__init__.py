"""Public data sets of logins, too large for memory: measured as they stream by."""
