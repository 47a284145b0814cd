"""The numbers of every simulated user base: two kinds of life, and one file per profile."""
