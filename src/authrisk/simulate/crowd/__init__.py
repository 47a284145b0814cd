"""A crowd's logins: when people come by, and from where."""
