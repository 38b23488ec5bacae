"""What `tf.vectorized_map` lacks to vectorize the operations of a model.

Converters are registered by a private name of TensorFlow. Where it is gone,
`has_converters()` is False, and what has no converter runs run by run.
"""

import functools

import tensorflow as tf

from ...layers.numerics.target import on_cpu, under_xla
from . import philox


@functools.cache
def has_converters():
    """Registers the converters, once; returns whether that was possible."""
    try:
        from tensorflow.python.ops.parallel_for import pfor

        for name, convert in _CONVERTERS.items():
            register = pfor.RegisterPFor(name)
            register(functools.partial(convert, pfor.wrap))
    except (ImportError, AttributeError, KeyError, TypeError, ValueError):
        return False
    return True


def _bitcast(wrap, call):
    """Converts what Keras' argmax looks for negative zeros with."""
    value = tf.bitcast(call.stacked_input(0), call.get_attr("type"))
    return wrap(value, True)


def _segment_sum(wrap, call):
    """Converts what virtual batch norm adds up examples with."""
    rows = _exchange(call.stacked_input(0))
    sums = tf.math.segment_sum(rows, call.unstacked_input(1))
    return wrap(_exchange(sums), True)


def _exchange(x):
    """Exchanges the first two axes."""
    return tf.transpose(x, [1, 0, *range(2, len(x.shape))])


def _key_and_counter(wrap, call):
    seeds = call.stacked_input(0)
    if under_xla() and on_cpu():
        results = philox.key_and_counter(seeds)
    else:
        make = tf.raw_ops.StatelessRandomGetKeyCounter
        results = _stacked([make(seed=seed) for seed in tf.unstack(seeds)])
    return [wrap(result, True) for result in results]


def _random(kernel, arithmetic, wrap, call):
    """Converts an operation that draws random numbers.

    Args:
        kernel: a function of `tf.raw_ops`.
        arithmetic: for each run at once, with the kernel's results where XLA
            has others; None where XLA's are the same.
        wrap, call: of TensorFlow.
    """
    shape, alg = call.unstacked_input(0), call.unstacked_input(3)
    key, counter = call.stacked_input(1), call.stacked_input(2)
    dtype = call.get_attr("dtype")
    if arithmetic is None or not under_xla():
        each = zip(tf.unstack(key), tf.unstack(counter), strict=True)
        return wrap(
            tf.stack(
                [
                    kernel(shape=shape, key=k, counter=c, alg=alg, dtype=dtype)
                    for k, c in each
                ]
            ),
            True,
        )
    if not on_cpu() or dtype not in philox.TYPES:
        raise ValueError(f"XLA has other random numbers of type {dtype.name}")
    static = tf.get_static_value(shape)
    shape = shape if static is None else static
    size = tf.reduce_prod(shape) if static is None else int(static.prod())
    values = arithmetic(key, counter, size, dtype)
    return wrap(tf.reshape(values, tf.concat([[key.shape[0]], shape], 0)), True)


def _stacked(results):
    """Stacks the results of each run."""
    return [tf.stack(each) for each in zip(*results, strict=True)]


#: Operation -> its converter.
_CONVERTERS = {
    "Bitcast": _bitcast,
    "SegmentSum": _segment_sum,
    "StatelessRandomGetKeyCounter": _key_and_counter,
    **{
        name: functools.partial(_random, getattr(tf.raw_ops, name), arithmetic)
        for name, arithmetic in {
            "StatelessRandomUniformV2": philox.uniform,
            "StatelessRandomNormalV2": philox.normal,
            "StatelessRandomUniformFullIntV2": None,
        }.items()
    },
}
