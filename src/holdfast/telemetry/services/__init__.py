"""Services: rate, errors and duration per service and operation."""
