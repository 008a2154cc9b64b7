"""The service map: who calls whom, with rates, errors and durations, computed from spans."""
