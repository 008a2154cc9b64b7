"""Changes: what was changed on the platform, by whom and when."""
