"""One training that survives its process: state, checkpoints, logs."""
