"""The stores of the services: one small protocol each, on PostgreSQL or in memory."""
