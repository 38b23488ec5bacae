"""Models with labels: settings, model, metrics, probes."""
