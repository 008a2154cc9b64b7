"""The kinds of OpenSLO v1: services, indicators, objectives and their alerts, as documents of the catalog."""
