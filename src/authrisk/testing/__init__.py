"""Contract checks for parsers, stores and models of your own."""
