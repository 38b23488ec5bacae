"""Accuracy in training mode, where batch norm uses each batch's statistics."""

import tensorflow as tf


def training_mode(model, examples, labels, config):
    """Returns the accuracy in training mode and in inference mode.

    Args:
        model: a classifier with logits.
        examples: a batch.
        labels: of the examples.
        config: its `batch_size` is that of the batches in training mode.

    Returns:
        `"training_accuracy"` and `"inference_accuracy"`.
    """
    count = len(labels) // config.batch_size * config.batch_size
    batches = tf.split(examples[:count], count // config.batch_size)
    logits = tf.concat([model(batch, training=True) for batch in batches], 0)
    inferred = model(examples, training=False)
    return {
        "training_accuracy": _accuracy(logits, labels[:count]),
        "inference_accuracy": _accuracy(inferred, labels),
    }


def _accuracy(logits, labels):
    hits = tf.argmax(logits, -1) == labels
    return float(tf.reduce_mean(tf.cast(hits, tf.float32)))
