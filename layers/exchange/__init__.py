"""Other norms in a model that exists."""
