"""How much slower inference is once the batch norms have been folded."""

import tensorflow as tf

from ... import zoo
from ...layers import fold_batch_norm
from ..common import timing
from .report import goal

_SHAPE = (28, 28, 1)
_BATCH = 64


def goals(repeats):
    """Returns rows for inference of the CNN: batch norm, folded and none."""
    normed = zoo.cnn(_SHAPE, 10, norm="batch")
    seconds = timing.interleaved(
        {
            "none": _inference(zoo.cnn(_SHAPE, 10, norm="none")),
            "batch": _inference(normed),
            "folded": _inference(fold_batch_norm(normed).model),
        },
        # A step is short, and the goal is near 1.
        4 * repeats,
    )
    return [
        goal(
            "inference, folded model / model without norms",
            seconds["folded"] / seconds["none"],
            1.03,
        ),
        goal(
            "inference, model with batch norms / without",
            seconds["batch"] / seconds["none"],
        ),
    ]


def _inference(model):
    images = tf.random.normal((_BATCH, *_SHAPE))

    @tf.function
    def infer(images):
        return model(images, training=False)

    return lambda: infer(images).numpy()
