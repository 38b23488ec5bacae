"""The recurrent layers with normalization, and their loops."""
