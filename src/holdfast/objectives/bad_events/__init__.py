"""Bad events: which spans broke an objective, where they began and what they have in common."""
