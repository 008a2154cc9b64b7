"""A fake Holdfast server: the built page, and an API of the real shape with invented, repeatable figures."""
