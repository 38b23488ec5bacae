"""One training that survives its process; what all trainers offer and check."""
