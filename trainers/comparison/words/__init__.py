"""What a comparison's reports say in words."""
