"""How a comparison runs: its design, tuning, looks, and their record."""
