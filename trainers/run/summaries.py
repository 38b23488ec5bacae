"""What TensorBoard shows besides scalars, made without operations."""

import numpy as np
import tensorflow as tf

_BUCKETS = 30


def text(tag, words):
    """Returns the summary of a text.

    Args:
        tag: its name.
        words: Markdown.
    """
    return _summary(tag, "text", tf.make_tensor_proto([words.encode()]))


def histogram(tag, values):
    """Returns the summary of a histogram with 30 buckets of equal width.

    Args:
        tag: its name.
        values: an array; numbers that are not finite are left out.
    """
    values = np.asarray(values, float).ravel()
    counts, edges = np.histogram(values[np.isfinite(values)], _BUCKETS)
    return _buckets(tag, edges, counts)


def steps_histogram(tag, heights):
    """Returns the summary of a histogram with one bar for each number.

    Args:
        tag: its name.
        heights: of the bars, at 0, 1, ...; what is not finite is 0.
    """
    heights = np.asarray(heights, float)
    heights = np.where(np.isfinite(heights), heights, 0.0)
    return _buckets(tag, np.arange(len(heights) + 1) - 0.5, heights)


def _buckets(tag, edges, counts):
    buckets = np.stack([edges[:-1], edges[1:], counts], 1)
    return _summary(tag, "histograms", tf.make_tensor_proto(buckets))


def image(tag, pixels):
    """Returns the summary of an image.

    Args:
        tag: its name.
        pixels: bytes, (height, width, channels), of one channel or three.
    """
    png = tf.io.encode_png(pixels).numpy()
    height, width, _ = pixels.shape
    parts = [str(width).encode(), str(height).encode(), png]
    return _summary(tag, "images", tf.make_tensor_proto(parts))


def _summary(tag, plugin, tensor):
    summary = tf.compat.v1.Summary()
    value = summary.value.add(tag=tag, tensor=tensor)
    value.metadata.plugin_data.plugin_name = plugin
    return summary
