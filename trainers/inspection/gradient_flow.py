"""How far back through time gradients reach, by the initial gamma.

It is the experiment of figure 1 of
[Cooijmans et al., 2017](https://arxiv.org/abs/1603.09025), on the embedded
digits at 28x28 in place of MNIST; `normzoo.trainers.gradient_flow` is the
script.
"""

import csv
import io
import os
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from ... import layers
from ...configs import default
from ...layers.numerics.tracing import graph_of
from ..common.files import make_folder, replacing, write_text
from ..common.paths import user_path
from ..data import loading, scaling

LAYERS = (layers.BatchNormSimpleRNN, layers.BatchNormLSTM)
GAMMAS = (1.0, 0.5, 0.1, 0.01)


def run(
    workdir: str | os.PathLike,
    size: int = 28,
    units: int = 100,
    batch: int = 100,
) -> dict[str, dict[float, list[float]]]:
    """Writes the picture and the numbers, and returns the numbers.

    Returns:
        Name of the layer -> gamma -> norms, one for each time step.
    """
    x, labels = pixels(size, batch)
    norms = {
        make.__name__: {
            gamma: gradient_norms(make, gamma, x, labels, units)
            for gamma in GAMMAS
        }
        for make in LAYERS
    }
    folder = make_folder(user_path(workdir))
    with replacing(folder / "gradient_flow.svg", "The picture") as temporary:
        _plot(norms).savefig(temporary)
    write_text(folder / "gradient_flow.csv", _table(norms))
    return norms


def pixels(size, batch):
    """Returns images as sequences, (time, batch, 1, 1), and their labels."""
    config = default.get_config()
    config.dataset.image_size = size
    examples = loading.load_data(config).train
    x = scaling.seen(examples.inputs[:batch]).reshape(batch, -1, 1, 1)
    return x.swapaxes(0, 1), examples.labels[:batch]


def gradient_norms(
    make: Callable[..., keras.layers.RNN],
    gamma: float,
    x: np.ndarray,
    labels: np.ndarray,
    units: int,
) -> list[float]:
    """Returns the norms of the loss' gradients to the hidden states.

    The loss is the mean cross entropy of a linear map of the last state. The
    layer goes one step at a time, because only then its states are at hand.

    Args:
        make: a class of `BatchNormLSTM`'s kind.
        gamma: where all gammas start.
        x: (time, batch, 1, features).
        labels: (batch,).
        units: the size of the state.
    """
    keras.utils.set_random_seed(0)
    layer = make(
        units,
        max_timesteps=1,
        gamma_initializer=_constant(gamma),
        return_state=True,
    )
    layer.build(x.shape[1:])
    head = keras.layers.Dense(10)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # All examples begin alike, which has no variance.
    shape = (x.shape[1], units)
    noise = 0.1 * np.random.default_rng(0).normal(size=shape)
    first = [tf.constant(noise, tf.float32)]
    first += [tf.zeros(shape) for _ in layer.state_size[1:]]

    @graph_of
    def step(x, states):
        return _step(layer, x, states)

    @graph_of
    def step_back(x, states, gradients):
        with tf.GradientTape() as tape:
            tape.watch(states)
            new = _step(layer, x, states)
        zero = tf.UnconnectedGradients.ZERO
        return tape.gradient(new, states, gradients, zero)

    history = [first]
    for now in x:
        history.append(step(now, history[-1]))
    last = history.pop()
    with tf.GradientTape() as tape:
        tape.watch(last)
        loss = cross_entropy(labels, head(last[0]))
    gradients = tape.gradient(
        loss, last, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    norms = [float(tf.norm(gradients[0]))]
    for now, states in zip(x[:0:-1], history[:0:-1], strict=True):
        gradients = step_back(now, states, gradients)
        norms.append(float(tf.norm(gradients[0])))
    return norms[::-1]


def _step(layer, x, states):
    _, *states = layer.call(x, initial_state=states, training=True)
    return states


def _table(norms):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["layer", "gamma", "step", "norm"])
    for name, by_gamma in norms.items():
        for gamma, values in by_gamma.items():
            for step, value in enumerate(values):
                writer.writerow([name, gamma, step, value])
    return text.getvalue()


def _constant(value):
    return keras.initializers.Constant(value)


def _plot(norms):
    # `Figure` alone needs no display and leaves pyplot's state alone.
    figure = Figure(figsize=(10, 4), layout="constrained")
    panels = figure.subplots(1, len(norms), sharey=True, squeeze=False)[0]
    for axes, (name, by_gamma) in zip(panels, norms.items(), strict=True):
        for gamma, values in by_gamma.items():
            axes.semilogy(range(1, len(values) + 1), values, label=gamma)
        axes.set(title=name, xlabel="time step t", ylim=(1e-10, 1e20))
        axes.grid(alpha=0.3)
        axes.label_outer()
    figure.axes[0].set(ylabel="norm of the loss' gradient to h_t")
    figure.axes[0].legend(title="gamma")
    return figure
