"""Saved views: addresses of the page that a person keeps under a name."""
