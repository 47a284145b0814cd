"""A workforce's logins: who they are, how their days go, where they sit, what they carry."""
