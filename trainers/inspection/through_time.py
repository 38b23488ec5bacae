"""How a recurrent network uses the time axis."""

import tensorflow as tf

from ... import zoo
from .gradients import cross_entropy


def through_time(model, sequences, labels, config):
    """Returns how gradients, statistics and accuracy depend on the steps.

    Args:
        model: a `normzoo.zoo.stacked_rnn` that classifies sequences.
        sequences: (batch, steps, features).
        labels: (batch,).
        config: its `model` describes the model.

    Returns:
        `"input_gradient_first"` and `"input_gradient_last"`: the norm, over
        the batch, of the gradient of the mean cross entropy in training mode
        to the first and to the last step's input. `"accuracy"` and
        `"accuracy_twice_as_long"`: in inference mode, the latter for the
        sequences with each step repeated. `"shift"`, where the
        network has statistics for each step: the standard deviation of the
        steps' means over the pooled standard deviation, mean over features.
    """
    with tf.GradientTape() as tape:
        tape.watch(sequences)
        loss = cross_entropy(labels, model(sequences, training=True))
    norms = tf.norm(tape.gradient(loss, sequences), axis=(0, 2))
    longer = _for_length(2 * sequences.shape[1], model, config)
    slow = tf.repeat(sequences, 2, axis=1)
    return {
        "input_gradient_first": float(norms[0]),
        "input_gradient_last": float(norms[-1]),
        "accuracy": _accuracy(model, sequences, labels),
        "accuracy_twice_as_long": _accuracy(longer, slow, labels),
        **_shift(model),
    }


def _for_length(steps, model, config):
    """Returns the same network, statistics included, for longer sequences."""
    knobs = config.model.to_dict()
    features, classes = model.input_shape[-1], model.output_shape[-1]
    longer = zoo.MODELS[knobs.pop("name")](
        (steps, features),
        classes,
        max_timesteps=model.input_shape[1],
        **knobs,
    )
    longer.set_weights(model.get_weights())
    return longer


def _accuracy(model, sequences, labels):
    logits = model(sequences, training=False)
    hits = tf.argmax(logits, -1) == labels
    return float(tf.reduce_mean(tf.cast(hits, tf.float32)))


def _shift(model):
    found = {variable.path: variable.value for variable in model.variables}
    shifts = []
    for path, means in found.items():
        variances = found.get(path.replace("moving_mean_", "moving_variance_"))
        if "moving_mean_" in path and means.shape[0] > 1:
            between = tf.math.reduce_variance(means, 0)
            pooled = between + tf.reduce_mean(variances, 0)
            shifts.append(tf.reduce_mean(tf.sqrt(between / pooled)))
    return {"shift": float(tf.reduce_mean(shifts))} if shifts else {}
