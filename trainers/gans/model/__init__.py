"""The game of a GAN, as a Keras model."""
