"""What models with labels are measured by."""

import dataclasses
import math
from collections.abc import Callable

import keras

from ..common.metric import Metric


@keras.saving.register_keras_serializable(package="normzoo")
class BitsPerCharacter(keras.metrics.MeanMetricWrapper):
    """The cross entropy of a language model in bits.

        - mean over the characters of log2 softmax(logits)[character]

    Args:
        name, dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: integers, (batch, steps).
        y_pred: logits, (batch, steps, characters).

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.supervised.metrics import BitsPerCharacter
    >>> metric = BitsPerCharacter()
    >>> metric.update_state(np.zeros((2, 3)), np.zeros((2, 3, 4)))
    >>> float(metric.result())
    2.0
    """

    def __init__(self, name="bits_per_character", dtype=None):
        super().__init__(_bits, name=name, dtype=dtype)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


def _bits(y_true, y_pred):
    nats = keras.losses.sparse_categorical_crossentropy(
        y_true, y_pred, from_logits=True
    )
    return nats / math.log(2)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    """A metric and how Keras measures it.

    Attributes:
        shown: the `Metric`; its key is `"test_"` and the name.
        make: function without arguments that returns what `compile` takes;
            None for the loss, which is always there.
    """

    shown: Metric
    make: Callable | None


def _measured(name, make, **shown):
    metric = Metric(key=f"test_{name}", name=name, **shown)
    return Measured(shown=metric, make=make)


def _error(name, make, title):
    """Of what is 0 at best and has no bound."""
    bounds = (0, math.inf)
    return _measured(
        name, make, title=title, higher_is_better=False, bounds=bounds
    )


#: Name -> `Measured`. A `Task` chooses from these.
METRICS = {
    "accuracy": _measured(
        "accuracy",
        lambda: "accuracy",
        title="accuracy",
        higher_is_better=True,
        bounds=(0, 1),
        scale=100,
        digits=2,
        legend="Test split: {means}, accuracy in %; ",
    ),
    "loss": _error("loss", None, "loss"),
    "root_mean_squared_error": _error(
        "root_mean_squared_error", keras.metrics.RootMeanSquaredError, "RMSE"
    ),
    "mean_absolute_error": _error(
        "mean_absolute_error", keras.metrics.MeanAbsoluteError, "MAE"
    ),
    "bits_per_character": _error(
        "bits_per_character", BitsPerCharacter, "bits/char"
    ),
}
