"""Ways to run a loop that is compiled: all at once, or in parts.

Each takes the same arguments:
    product: of the inputs and where there is no padding, to what `run` takes
        first: the inputs' products, their variance, and moments to be kept.
    run: of these, of where there is no padding, and of the first states, to h
        of all steps, the last states, and moments to be kept.
    x: (time, batch, features).
    real: where there is no padding, (time, batch, 1), or None.
    states: a list of tensors.
"""

import tensorflow as tf

#: As how many parts a loop is run that is compiled, at most.
_PARTS = 4
#: The fewest examples that are worth a loop of their own.
_FEWEST_EXAMPLES = 16


def at_once(product, run, x, real, states):
    """Runs all in one loop."""
    return run(*product(x, real), real, states)


def in_time(product, run, x, real, states):
    """Runs parts of the time, one after the other.

    What is done for all steps of a part is done while the loop runs over
    another one.
    """
    outputs, kept, before = [], [], []
    for part, mask in zip(*_split([x, real], 0, 1), strict=True):
        # Or TensorFlow might begin with the last one, and the loop wait.
        with tf.control_dependencies(before):
            y, variance, moments = product(part, mask)
        before = [y if variance is None else variance]
        h, states, more = run(y, variance, moments, mask, states)
        outputs.append(h)
        kept.append(more)
    kept = tf.nest.map_structure(lambda *values: tf.concat(values, 0), *kept)
    return tf.concat(outputs, 0), states, kept


def by_examples(product, run, x, real, states):
    """Runs parts of the batch side by side, none needs another.

    No moments are kept.
    """
    least = _FEWEST_EXAMPLES
    pieces = zip(
        *_split([x, real], 1, least), *_split(states, 0, least), strict=True
    )
    results = [
        run(*product(x, real), real, states)[:2] for x, real, *states in pieces
    ]
    outputs, states = zip(*results, strict=True)
    states = [tf.concat(values, 0) for values in zip(*states, strict=True)]
    return tf.concat(outputs, 1), states, {}


def _split(tensors, axis, least):
    """Splits tensors into parts of equal length, the last may be shorter.

    None is split into as many. A part has `least` positions or more.
    """
    length = tensors[0].shape[axis]
    size = max(least, -(-length // _PARTS))
    sizes = [min(size, length - i) for i in range(0, length, size)]
    return [
        [None] * len(sizes) if x is None else tf.split(x, sizes, axis)
        for x in tensors
    ]
