"""GANs: settings, networks, the game, metrics, pictures."""
