"""Settings of this package's tests."""

from hypothesis import settings

# Tests share two cores with other work: how long an example takes says nothing here.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
