"""Floor 3: SLIs, budgets, burn rates and alerts."""
