"""Holdfast: service levels, alerts and incidents of an e-commerce platform, on its live telemetry."""

__version__ = "0.2.0"
