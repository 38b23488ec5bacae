"""What the reports of a comparison are made of."""
