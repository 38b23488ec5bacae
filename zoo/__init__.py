"""Reference models that take any normalization by name."""

from .cnn import cnn
from .hidden import Hidden
from .mlp import mlp
from .recurrent_norms import RECURRENT_NORMS
from .stacked_rnn import stacked_rnn

#: Name -> function that returns a model. The trainers read it.
MODELS = {"mlp": mlp, "cnn": cnn, "stacked_rnn": stacked_rnn}

__all__ = [
    "MODELS",
    "RECURRENT_NORMS",
    "Hidden",
    "cnn",
    "mlp",
    "stacked_rnn",
]
