"""Floor 5: from a firing alert to a resolved incident."""
