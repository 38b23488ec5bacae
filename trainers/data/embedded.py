"""The embedded data sets: importing them registers them with TFDS."""

from . import breast_cancer, digits, mnist1d

__all__ = ["breast_cancer", "digits", "mnist1d"]
