"""Where the groups of a comparison train: here, in processes, on a cluster."""
