"""The service map: who calls whom, how often, how long, and how it ends, worked out from spans."""
