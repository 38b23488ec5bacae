"""From whatever users bring as data to arrays."""
