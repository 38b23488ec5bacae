"""The arithmetic of normalization, and what runs it fast."""
