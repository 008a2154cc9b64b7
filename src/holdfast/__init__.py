"""Holdfast keeps an e-commerce platform's promises."""

__version__ = "0.1.0"
