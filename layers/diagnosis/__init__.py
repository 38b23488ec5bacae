"""What is wrong with the norms of a trained model."""
