"""What batch norms take from a batch, and what they remember of it."""
