"""Models of the user's own: from compiled ones in files to runs of them."""
