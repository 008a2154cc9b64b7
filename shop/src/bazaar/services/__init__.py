"""The services of the shop, one module each: a class that owns its routes."""
