"""Mean and variance of what the norms of a recurrent layer are given."""

import numpy as np
import tensorflow as tf

from .moments import Moments
from .single_step import SingleStep, state_sizes


class RecurrentPopulation:
    """The statistics of each step, over all examples that reach it.

    What a step is given depends on the normalization of the steps before it.
    So all examples go through the layer together, step by step: the moments
    of a step are known and written before it is run.

    Args:
        layer: a `BatchNormLSTM`, `BatchNormGRU` or `BatchNormSimpleRNN`.

    Attributes:
        wanted: whether to count what comes now.
    """

    def __init__(self, layer):
        self.wanted = False
        self._layer = layer
        self._batches = []

    def reset(self):
        """Forgets all that was counted."""
        self._batches = []

    def want(self, wanted):
        """Says whether to count what comes from now on."""
        self.wanted = wanted

    def add(self, inputs, mask, states):
        """Keeps a batch of sequences, to be looked at by `write`."""
        self._batches.append(Batch(self._layer, inputs, mask, states))

    def write(self):
        """Sets the statistics of the steps that were reached."""
        if self._batches:
            features = self._batches[0].x.shape[-1]
            step = SingleStep(self._layer, features)
            _write(self._layer, _estimate(step, self._batches))
            self._batches = []


class Batch:
    """Sequences in the order in which a layer reads them, without padding.

    Attributes:
        x: (batch, time, features), as NumPy array.
        real: boolean, (batch, time): the real steps, in front of the others.
        states: list of arrays (batch, units), which change from step to step.
    """

    def __init__(self, layer, inputs, mask, states):
        x = np.asarray(inputs)
        real = np.ones(x.shape[:2], bool)
        if mask is not None:
            real = np.asarray(mask).astype(bool)
        if layer.go_backwards:
            x, real = x[:, ::-1], real[:, ::-1]
        order = np.argsort(~real, axis=1, kind="stable")
        self.x = np.take_along_axis(x, order[..., None], 1)
        self.real = np.take_along_axis(real, order, 1)
        if states is None:
            sizes = state_sizes(layer)
            states = [np.zeros((len(x), size), x.dtype) for size in sizes]
        self.states = [np.asarray(state) for state in states]

    @property
    def steps(self):
        """How many steps the longest sequence has."""
        return int(self.real.sum(1).max(initial=0))

    def at(self, t):
        """Returns which examples reach a step, and their inputs."""
        if t >= self.real.shape[1]:
            return np.zeros(len(self.x), bool), self.x[:0, 0]
        rows = self.real[:, t]
        return rows, self.x[rows, t]


def _estimate(step, batches):
    """Returns (site, row) -> `Moments` of all that the site is given there."""
    steps = max(batch.steps for batch in batches)
    if step.rows == 1:
        return _estimate_shared(step, batches, steps)
    found = {}
    for t in range(min(steps, step.rows)):
        step.take_row(t)
        for site in step.sites:
            found[site, t] = _at_step(step, site, batches, t)
            step.write(site, found[site, t])
        _advance(step, batches, t)
    return found


def _estimate_shared(step, batches, steps):
    """The same for one row of all steps.

    What a site is given at one step depends on its own statistics at the step
    before: there it has the old ones, and sites in front of it the new ones.
    """
    found = {}
    step.take_row(0)
    beginning = [batch.states for batch in batches]
    for site in step.sites:
        found[site, 0] = Moments()
        for batch, states in zip(batches, beginning, strict=True):
            batch.states = states
        for t in range(steps):
            found[site, 0].merge(_at_step(step, site, batches, t))
            _advance(step, batches, t)
        step.write(site, found[site, 0])
    return found


def _at_step(step, site, batches, t):
    moments = Moments()
    for batch in batches:
        rows, x = batch.at(t)
        if len(x):
            states = [state[rows] for state in batch.states]
            moments.add(step.given(site, x, states))
    return moments


def _advance(step, batches, t):
    for batch in batches:
        rows, x = batch.at(t)
        if not len(x):
            continue
        after = step.run(x, [state[rows] for state in batch.states])
        states = [state.astype(after[0].dtype) for state in batch.states]
        for state, new in zip(states, after, strict=True):
            state[rows] = new
        batch.states = states


def _write(layer, found):
    """Assigns moments to the rows of a layer's statistics."""
    weights = {weight.name: weight for weight in layer.weights}
    for site, row in found:
        moments = found[site, row]
        if not moments.count:
            continue
        for name, value in (
            (f"moving_mean_{site}", moments.mean),
            (f"moving_variance_{site}", moments.variance),
            ("moving_weight", 1.0),
        ):
            array = weights[name].numpy()
            array[row] = value
            weights[name].assign(array)


def states_of(layer, call):
    """Returns the states that a call of a recurrent layer begins with."""
    states = call.keywords.get("initial_state")
    if states is None and layer.stateful:
        states = layer.states
    if states is None:
        return None
    single = tf.is_tensor(states)
    return [np.array(x) for x in ([states] if single else states)]
