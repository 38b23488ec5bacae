"""Checks of what comes out of a model, and of what goes through it."""

import keras
import numpy as np
import tensorflow as tf

from .findings import Finding
from .statistics import where

#: An output differs by more than rounding, as a share of what outputs are.
_DIFFERENT = 1e-3
#: Factor by which signals may grow or shrink from norm to norm, and gradients
#: from kernel to kernel.
SPREAD, GRADIENTS = 1e3, 1e4


def batch_mates(evidence):
    """Outputs in inference that depend on the other examples of the batch."""
    batch = next(evidence.batches())
    together = _flat(evidence.model(batch, training=False))
    first = keras.tree.map_structure(lambda x: x[:1], batch)
    alone = _flat(evidence.model(first, training=False))
    scale = max(np.abs(x).max() for x in together) or 1.0
    differs = max(
        np.abs(one - other[:1]).max() / scale
        for one, other in zip(alone, together, strict=True)
    )
    if differs < _DIFFERENT:
        return None
    return Finding(
        "batch_mates",
        "the model's outputs",
        f"the first example's differ by {differs:.1%} alone and in a batch",
        "A norm takes the statistics of the batch in inference, too: a "
        "prediction depends on what else is predicted.",
        "no training=True in the model's calls; statistics that are learned, "
        'or normzoo.replace_norms(model, "layer")',
    )


def signal_spread(evidence):
    """Inputs of norms that grow or shrink through the depth."""
    sizes = {
        norm: float(np.sqrt((seen.variance + seen.mean**2).mean()))
        for norm, seen in evidence.seen.items()
    }
    sizes = {norm: size for norm, size in sizes.items() if size}
    if not sizes:
        return None
    large, small = max(sizes, key=sizes.get), min(sizes, key=sizes.get)
    factor = sizes[large] / sizes[small]
    if factor < SPREAD:
        return None
    return Finding(
        "signal_spread",
        where(evidence, {large: 0}, large),
        f"its inputs are {factor:.2g} times those of {evidence.norms[small]}",
        "Signals grow or shrink through the depth; the norms hide it from "
        "each other, and branches without a norm do not.",
        "another initializer or scale of what is in front of it",
    )


def gradient_spread(evidence):
    """Gradients that vanish or explode on their way to the first kernel."""
    sizes = _gradients(evidence)
    if len(sizes) < 2:
        return None
    large, small = max(sizes, key=sizes.get), min(sizes, key=sizes.get)
    factor = sizes[large] / sizes[small] if sizes[small] else np.inf
    if factor < GRADIENTS:
        return None
    return Finding(
        "gradient_spread",
        small,
        f"its gradient is {factor:.2g} times smaller than that of {large}",
        "One step changes one layer by far more than the other, so no learning "
        "rate suits both.",
        "a norm in each layer, shortcuts around blocks, another initializer",
    )


def _gradients(evidence):
    """Returns the path of a kernel -> root mean square of its gradient."""
    model = evidence.model
    if evidence.labels is None or not model.compiled or model.loss is None:
        return {}
    size = min(evidence.batch_size, evidence.size)
    batch = next(evidence.batches())
    labels = keras.tree.map_structure(lambda y: y[:size], evidence.labels)
    kernels = [w for w in model.trainable_weights if "kernel" in w.name]
    with tf.GradientTape() as tape:
        outputs = model(batch, training=False)
        loss = model.compute_loss(batch, labels, outputs)
    gradients = tape.gradient(loss, [kernel.value for kernel in kernels])
    return {
        kernel.path: float(tf.sqrt(tf.reduce_mean(tf.cast(g, "float64") ** 2)))
        for kernel, g in zip(kernels, gradients, strict=True)
        if g is not None
    }


def _flat(outputs):
    return [np.asarray(x, float) for x in keras.tree.flatten(outputs)]
