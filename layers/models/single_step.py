"""One step of a recurrent layer with batch normalization."""

import tensorflow as tf

from ..numerics.tracing import graph_of
from ..recurrent.recurrence import multiply

#: What makes a layer of single steps out of any other. One row of statistics
#: is enough, and padding and order are no matter of a step.
_ONE_STEP = {
    "per_timestep": False,
    "max_timesteps": None,
    "return_sequences": False,
    "return_state": True,
    "stateful": False,
    "go_backwards": False,
    "unroll": True,
    "zero_output_for_mask": False,
    "synchronized": False,
}


class SingleStep:
    """A copy of a layer that runs one step, with statistics of its own.

    The layer's weights are found by the names that its documentation gives
    them, so nothing else of it needs to be known.

    Args:
        layer: a built `BatchNormLSTM`, `BatchNormGRU` or `BatchNormSimpleRNN`.
        features: of the inputs.

    Attributes:
        sites: names of the norms, in the order in which they are reached.
        rows: how many rows of statistics the layer has.
    """

    def __init__(self, layer, features):
        self._layer = layer
        self._step = type(layer).from_config(
            {**layer.get_config(), **_ONE_STEP}
        )
        self._step.build((None, 1, features))
        theirs = _by_name(layer)
        self._weights = _by_name(self._step)
        self.rows = theirs["moving_weight"].shape[0]
        self.sites = [
            site
            for site in ("input", "recurrent", "cell")
            if f"moving_mean_{site}" in theirs
        ]
        for name, weight in self._weights.items():
            if not name.startswith("moving_"):
                weight.assign(theirs[name])
        # For any number of examples, so it is traced once.
        self._run = graph_of(
            lambda x, *states: self._step(
                x[:, tf.newaxis], initial_state=list(states), training=False
            )[1:],
            input_signature=[
                tf.TensorSpec([None, size], self._step.variable_dtype)
                for size in (features, *state_sizes(layer))
            ],
        )

    def take_row(self, row):
        """Takes over the statistics of one of the layer's rows."""
        theirs = _by_name(self._layer)
        for site in self.sites:
            for kind in ("mean", "variance"):
                name = f"moving_{kind}_{site}"
                self._weights[name].assign(theirs[name][row : row + 1])
        self._weights["moving_weight"].assign([1.0])

    def write(self, site, moments):
        """Sets the statistics of one norm, if anything was counted."""
        if moments.count:
            for kind in ("mean", "variance"):
                weight = self._weights[f"moving_{kind}_{site}"]
                weight.assign(getattr(moments, kind)[None])

    def given(self, site, x, states):
        """Returns what a norm is given: (batch, features of the norm)."""
        if site == "cell":
            return self.run(x, states)[1]
        dtype = self._step.compute_dtype
        if dtype == "float16":
            dtype = "float32"  # The layers widen these products, too.
        if site == "input":
            factor, kernel = x, self._weights["kernel"]
        else:
            factor, kernel = states[0], self._weights["recurrent_kernel"]
        product = multiply(tf.cast(factor, dtype), tf.cast(kernel, dtype))
        return product.numpy()

    def run(self, x, states):
        """Returns the states after a step, as NumPy arrays."""
        dtype = self._step.variable_dtype
        given = [tf.cast(value, dtype) for value in (x, *states)]
        return [state.numpy() for state in self._run(*given)]


def state_sizes(layer):
    """Returns the sizes of a recurrent layer's states, as a list."""
    sizes = layer.cell.state_size
    return list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]


def _by_name(layer):
    return {weight.name: weight for weight in layer.weights}
