"""Who acts: people, schedules, escalation, and pages that cannot get lost."""
