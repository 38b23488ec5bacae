"""Training, comparison and measurement of normalizations."""
