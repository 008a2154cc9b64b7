"""Alerting: when an objective's burn fires an alert, when it resolves, and why it is as it is."""
