"""Reference models that take any normalization by name."""

from .cnn import cnn
from .hidden import Hidden
from .mlp import mlp

#: Name -> function that returns a model. The trainers read it.
MODELS = {"mlp": mlp, "cnn": cnn}

__all__ = ["MODELS", "Hidden", "cnn", "mlp"]
