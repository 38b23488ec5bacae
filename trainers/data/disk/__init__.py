"""Arrays on the disk, which are not read as a whole."""
