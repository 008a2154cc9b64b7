"""Backups: one file with state, warehouse and spool of one instant, made while it runs."""
