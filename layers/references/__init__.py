"""Models that take a reference batch through all of their layers."""
