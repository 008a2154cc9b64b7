"""Floor 0: clock, settings, errors, database, agenda, journal and access."""
