"""Where services keep things: one small protocol each, on PostgreSQL or in memory."""
