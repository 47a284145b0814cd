"""What is kept of past logins: events, never derived rows."""
