"""From a name to examples and batches."""
