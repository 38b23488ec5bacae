"""What is done with the normalizations of a whole model."""
