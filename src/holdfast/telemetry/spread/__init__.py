"""The spread of a service's failures over zones, versions and instances."""
