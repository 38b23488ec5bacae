"""The bits of TensorFlow's stateless random numbers, for many seeds at once.

TensorFlow's kernels take one seed each. Here it is arithmetic on tensors, which
XLA compiles well, and which gives what the CPU kernels give: XLA's own
conversion from the same bits to floating point is another one.

Reference: [Salmon et al., 2011](https://doi.org/10.1145/2063384.2063405),
Philox 4x32-10.
"""

import math

import tensorflow as tf

_ROUNDS = 10
_FACTORS = 0xD2511F53, 0xCD9E8D57
_STEPS_OF_KEY = 0x9E3779B9, 0xBB67AE85
#: The key with which TensorFlow scrambles seeds.
_KEY_OF_SEEDS = 0x3EC8F720, 0x02461E29
#: Type of 16 bits -> where its fraction is in them, and the bits of 1.0.
_HALVES = {tf.float16: (0x3FF, 0x3C00), tf.bfloat16: (0x7F, 0x3F80)}
#: The types of the numbers.
TYPES = (tf.float32, tf.float64, *_HALVES)
#: Below it, the logarithm of the normal distribution's formula is cut off.
_SMALLEST = 1.0e-7


def key_and_counter(seeds):
    """Returns what `StatelessRandomGetKeyCounter` makes of each seed.

    Args:
        seeds: integers, (seeds, 2).

    Returns:
        uint64 tensors (seeds, 1) and (seeds, 2).
    """
    # Through int64, as a seed may be negative.
    first, second = tf.unstack(tf.cast(tf.cast(seeds, "int64"), "uint64"), 2, 1)
    a, b, c, d = _mix(
        [*_halves(first), *_halves(second)],
        [tf.constant(key, tf.uint32) for key in _KEY_OF_SEEDS],
    )
    key, counter = _join(a, b), _join(c, d)
    return key[:, None], tf.stack([tf.zeros_like(counter), counter], 1)


def words(key, counter, size):
    """Returns `size` random uint32 numbers of each key, (keys, size).

    Args:
        key: uint64, (keys, 1).
        counter: uint64, (keys, 2).
        size: a number, static or not.
    """
    blocks = tf.range(tf.cast((size + 3) // 4, tf.int64))
    blocks = tf.cast(blocks, tf.uint64)[None]
    low = counter[:, :1] + blocks
    high = counter[:, 1:] + tf.cast(low < blocks, tf.uint64)
    four = _mix([*_halves(low), *_halves(high)], _halves(key))
    return tf.reshape(tf.stack(four, -1), [tf.shape(key)[0], -1])[:, :size]


def uniform(key, counter, size, dtype):
    """Returns numbers of U(0, 1), (keys, size).

    Args:
        key, counter, size: as of `words`.
        dtype: of `TYPES`.
    """
    if dtype in _HALVES:
        return _small(words(key, counter, size), dtype)
    if dtype == tf.float32:
        return _floats(words(key, counter, size))
    pairs = tf.reshape(words(key, counter, 2 * size), [key.shape[0], -1, 2])
    return _doubles(pairs[..., 0], pairs[..., 1])


def normal(key, counter, size, dtype):
    """Returns numbers of N(0, 1), (keys, size).

    They are those of TensorFlow's kernel up to rounding.

    Args:
        key, counter, size: as of `words`.
        dtype: of `TYPES`.
    """
    if dtype in _HALVES:
        return tf.cast(normal(key, counter, size, tf.float32), dtype)
    even = size + size % 2
    pairs = tf.reshape(
        uniform(key, counter, even, dtype), [key.shape[0], -1, 2]
    )
    radius = tf.sqrt(-2 * tf.math.log(tf.maximum(pairs[..., 0], _SMALLEST)))
    angle = 2 * math.pi * pairs[..., 1]
    both = tf.stack([tf.sin(angle) * radius, tf.cos(angle) * radius], -1)
    return tf.reshape(both, [key.shape[0], -1])[:, :size]


def _mix(counter, key):
    """Returns the four words that four words of a counter become.

    The rounds are a loop, since XLA takes long to compile them written out.
    """
    zeros = tf.zeros_like(counter[0])
    key = [word + zeros for word in key]

    def step(i, a, b, c, d, k, l):
        high_a, low_a = _product(a, _FACTORS[0])
        high_c, low_c = _product(c, _FACTORS[1])
        k_next = k + tf.constant(_STEPS_OF_KEY[0], tf.uint32)
        l_next = l + tf.constant(_STEPS_OF_KEY[1], tf.uint32)
        mixed = high_c ^ b ^ k, low_c, high_a ^ d ^ l, low_a
        return i + 1, *mixed, k_next, l_next

    _, *mixed, _, _ = tf.while_loop(
        lambda i, *_: i < _ROUNDS,
        step,
        (0, *(word + zeros for word in counter), *key),
        maximum_iterations=_ROUNDS,
    )
    return mixed


def _product(x, factor):
    """Returns the upper and the lower half of a product."""
    low, high = _halves(tf.cast(x, tf.uint64) * tf.constant(factor, tf.uint64))
    return high, low


def _halves(x):
    """Returns the lower and the upper 32 of 64 bits."""
    upper = tf.bitwise.right_shift(x, tf.constant(32, tf.uint64))
    return tf.cast(x, tf.uint32), tf.cast(upper, tf.uint32)


def _join(low, high):
    """Returns 64 bits of their lower and upper halves."""
    upper = tf.cast(high, tf.uint64)
    upper = tf.bitwise.left_shift(upper, tf.constant(32, tf.uint64))
    return tf.cast(low, tf.uint64) | upper


def _small(x, dtype):
    fraction, one = _HALVES[dtype]
    bits = (x & tf.constant(fraction, tf.uint32)) | tf.constant(one, tf.uint32)
    return tf.bitcast(tf.cast(bits, tf.uint16), dtype) - tf.ones([], dtype)


def _floats(x):
    # The lower 23 bits behind the bits of 1.0.
    bits = (x & tf.constant(0x7FFFFF, tf.uint32)) | tf.constant(
        0x3F800000, tf.uint32
    )
    return tf.bitcast(bits, tf.float32) - 1.0


def _doubles(upper, lower):
    upper = (upper & tf.constant(0xFFFFF, tf.uint32)) | tf.constant(
        0x3FF00000, tf.uint32
    )
    return tf.bitcast(_join(lower, upper), tf.float64) - 1.0
