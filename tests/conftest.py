"""What all tests share: how Hypothesis runs."""

from hypothesis import settings

# No deadline for an example: the first one compiles with numba or loads tables, and the machine of
# a test run is shared. Time is measured by benchmarks/, never by a test.
settings.register_profile("authrisk", deadline=None)
settings.load_profile("authrisk")
