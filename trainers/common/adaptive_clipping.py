"""Adaptive gradient clipping: Keras' optimizers with limits for each unit."""

import keras
import tensorflow as tf

from ...layers.numerics.arithmetic import widen

#: The name of a class is this, and that of Keras' optimizer.
PREFIX = "Clipped"


class AdaptiveClipping:
    """Clips the gradient of each unit's weights by their own length.

        G = G * min(1, clipping * max(|W|, 1e-3) / |G|)

    |W| and |G| are the Euclidean norms of what one unit sums over: of a kernel,
    all axes but the last; of a bias or another vector, all of it. It is done
    where the optimizer updates a variable, after the gradients of all replicas
    have been added up. The norms are float32 at least.

    Args:
        *args: of the Keras optimizer.
        clipping: the greatest share of its length that a unit's gradient has.
        exclude: names of layers that are not clipped, such as that of the
            logits.
        **kwargs: of the Keras optimizer.

    Reference: [Brock et al., 2021](https://arxiv.org/abs/2102.06171).
    """

    def __init__(self, *args, clipping, exclude=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.clipping = clipping
        self.exclude = tuple(exclude)
        self._excluded = frozenset()

    def build(self, variables):
        """Makes the optimizer's variables."""
        super().build(variables)
        found = set()
        for variable in variables:
            if set(variable.path.split("/")) & set(self.exclude):
                held = variable.value
                # Those of the replicas.
                parts = getattr(held, "values", ())
                found |= set(map(id, (variable, held, *parts)))
        self._excluded = frozenset(found)

    def update_step(self, gradient, variable, learning_rate):
        """Updates a variable by its clipped gradient."""
        if id(variable) not in self._excluded:
            gradient = clipped(gradient, variable, self.clipping)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        """Returns the constructor's arguments."""
        config = super().get_config()
        mine = {"clipping": self.clipping, "exclude": list(self.exclude)}
        return {**config, **mine}


def clipped(gradient, variable, clipping, least=1e-3):
    """Returns a gradient with limits for each unit, see `AdaptiveClipping`.

    Args:
        gradient: of the variable.
        variable: of any rank.
        clipping: the greatest share.
        least: that a unit's weights count as, lest zeros stay zeros.
    """
    gradient = tf.convert_to_tensor(gradient)
    length, slope = (_lengths(widen(x)) for x in (variable, gradient))
    limit = clipping * tf.maximum(length, least)
    # Where a gradient is not finite, so is what is left of it.
    factor = tf.where(slope > limit, limit / slope, 1)
    return gradient * tf.cast(factor, gradient.dtype)


def _lengths(x):
    axes = list(range(len(x.shape) - 1)) if len(x.shape) > 1 else None
    return tf.sqrt(tf.reduce_sum(tf.square(x), axes, keepdims=True))


def _clipped_class(optimizer):
    made = type(
        f"{PREFIX}{optimizer.__name__}",
        (AdaptiveClipping, optimizer),
        {"__module__": __name__, "__doc__": AdaptiveClipping.__doc__},
    )
    return keras.saving.register_keras_serializable("normzoo")(made)


#: Class of Keras -> the same with adaptive clipping.
CLIPPED = {
    optimizer: _clipped_class(optimizer)
    for optimizer in (
        keras.optimizers.Adadelta,
        keras.optimizers.Adafactor,
        keras.optimizers.Adagrad,
        keras.optimizers.Adam,
        keras.optimizers.Adamax,
        keras.optimizers.AdamW,
        keras.optimizers.Ftrl,
        keras.optimizers.Lamb,
        keras.optimizers.Lion,
        keras.optimizers.Nadam,
        keras.optimizers.RMSprop,
        keras.optimizers.SGD,
    )
}
# As if they were written out: pickle finds them by their names.
globals().update({made.__name__: made for made in CLIPPED.values()})
