"""Claims: sentences on normalization, tested by experiments with verdicts."""
