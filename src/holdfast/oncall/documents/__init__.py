"""Documents of on-call: people, rotations, schedules and escalation policies, read from the catalog."""
