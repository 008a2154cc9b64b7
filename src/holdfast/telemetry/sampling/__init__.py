"""Sampling without weights: services whose spans do not stand for all their requests."""
