"""The arguments that the normalized recurrent layers have in common."""

import keras

from . import cells
from .call import RecurrentCall
from .cells import Site
from .checks import check_weights


class NormalizedRNN(RecurrentCall):
    """A recurrent layer whose products are normalized, each on its own.

    Subclasses set `kind` and `centered`, and say in `_run` where the moments
    come from.

    Args:
        units: the size of the state.
        epsilon: added to the variance.
        gamma_initializer, beta_initializer: initializers.
        normalize_input: whether to normalize the product of the input.
        normalize_recurrent: whether to normalize the product of the state.
        normalize_cell: whether to normalize the LSTM's cell state.
        return_sequences, return_state, go_backwards, stateful, unroll,
        zero_output_for_mask: as in `keras.layers.RNN`.
        activity_regularizer, name, dtype, trainable: as in
            `keras.layers.Layer`.
        **kwargs: arguments of the Keras layer that remain.
    """

    #: The row of `recurrent_cells` that this layer is.
    kind = None
    #: The sites that have a `beta` if they are normalized.
    centered = ()

    def __init__(
        self,
        units,
        *,
        epsilon=1e-5,
        gamma_initializer="ones",
        beta_initializer="zeros",
        normalize_input=True,
        normalize_recurrent=True,
        normalize_cell=False,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        activity_regularizer=None,
        name=None,
        dtype=None,
        trainable=True,
        **kwargs,
    ):
        wanted = {
            "input": normalize_input,
            "recurrent": normalize_recurrent,
            "cell": normalize_cell,
        }
        cell = self.kind.make_cell(
            units,
            self._sites(units, wanted),
            gamma_initializer,
            beta_initializer,
            name="cell",
            dtype=dtype,
            trainable=trainable,
            **kwargs,
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            activity_regularizer=activity_regularizer,
            name=name,
            dtype=dtype,
            trainable=trainable,
        )
        self.autocast = False
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self.epsilon = epsilon
        self.normalize_input = normalize_input
        self.normalize_recurrent = normalize_recurrent
        self.normalize_cell = normalize_cell

    def _sites(self, units, wanted):
        if wanted["cell"] and self.kind is not cells.LSTM:
            raise ValueError(
                f"{type(self).__name__} has no cell state to normalize. "
                "Received: normalize_cell=True."
            )
        wide = self.kind.gates * units
        sizes = {"input": wide, "recurrent": wide, "cell": units}
        return [
            Site(name, sizes[name], name in self.centered)
            for name, is_wanted in wanted.items()
            if is_wanted
        ]

    @property
    def units(self):
        """The size of the state."""
        return self.cell.units

    def get_config(self):
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        # The GRU's is always True.
        cell.pop("reset_after", None)
        serialize = keras.initializers.serialize
        return {
            **cell,
            **config,
            "epsilon": self.epsilon,
            "gamma_initializer": serialize(self.cell.gamma_initializer),
            "beta_initializer": serialize(self.cell.beta_initializer),
            "normalize_input": self.normalize_input,
            "normalize_recurrent": self.normalize_recurrent,
            "normalize_cell": self.normalize_cell,
            "activity_regularizer": keras.regularizers.serialize(
                self.activity_regularizer
            ),
        }

    @classmethod
    def from_config(cls, config):
        """Makes a layer from its configuration."""
        return cls(**config)

    def set_weights(self, weights):
        """Sets the weights from a list of arrays."""
        check_weights(self, weights)
        super().set_weights(weights)
