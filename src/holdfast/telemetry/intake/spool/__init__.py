"""The spool: what is acknowledged is on the disk, record by record, until the warehouse has it."""
