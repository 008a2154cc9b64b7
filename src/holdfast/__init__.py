"""Holdfast keeps an e-commerce platform's promises."""
