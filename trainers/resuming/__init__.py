"""Resuming what `keras.Model.fit` trains."""
