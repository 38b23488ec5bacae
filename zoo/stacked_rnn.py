"""The stacked recurrent network."""

from collections.abc import Sequence

import keras

from ..layers.numerics.annotations import Initializer, WeightNormIdentifier
from ..layers.recurrent import ind_rnn
from .hidden import Hidden
from .initializers import layer_seed
from .recurrent_norms import get_stack, layer_factory

READOUTS = ("last", "all", "each")
#: Cell -> makes the initializer of its recurrent kernel, given a seed. Others
#: have a matrix, which starts orthogonal.
_RECURRENT_STARTS = {"indrnn": ind_rnn.START}


def stacked_rnn(
    input_shape: tuple[int | None, ...],
    num_classes: int,
    *,
    cell: str = "lstm",
    units: Sequence[int] = (128,),
    norm: str = "none",
    weight_norm: WeightNormIdentifier = "none",
    readout: str = "last",
    bidirectional: bool = False,
    gamma_initializer: float | Initializer | None = None,
    momentum: float = 0.99,
    max_timesteps: int | None = None,
    recurrent_dropout: float = 0.0,
    dropout: float = 0.0,
    kernel_initializer: Initializer = "glorot_uniform",
    initializer_scale: float = 1.0,
    seed: int = 0,
    name: str = "stacked_rnn",
) -> keras.Model:
    """Returns a stack of recurrent layers that classifies sequences or steps.

    It has one recurrent layer and dropout for each number in `units`, then
    Dense logits. The norms are:

    - `"none"`;
    - `"batch"`: batch norm of the products of the kernels with the input and
      with the state (and of an LSTM's cell), with statistics for each time
      step;
    - `"batch_shared"`: the same with one set of moving statistics for all
      steps, as a control: `docs/sequences.md` says where it is worse;
    - `"input"`: batch norm of only the products with the input, for each step;
    - `"vertical"`: plain recurrent layers with batch norm between them, over
      the batch and all steps;
    - `"layer"`: layer norm of both products (and of an LSTM's cell).

    Args:
        input_shape: `(steps, features)` of one sequence; or `(steps,)` where
            the steps are integers below `num_classes`, such as the characters
            of a text, which enter as one-hot vectors. `steps` may be None.
        num_classes: number of logits, or of targets in a regression.
        cell: `"lstm"`, `"gru"`, `"simple"` or `"indrnn"`, whose units have one
            recurrent weight each.
        units: the size of the state of each recurrent layer.
        norm: one of the names above.
        weight_norm: what `normzoo.layers.get_weight_norm` takes, for the
            kernels of the inputs and of the states.
        readout: what the logits are computed from: the `"last"` output; the
            outputs of `"all"` steps, concatenated; or `"each"` output, for
            logits at each step.
        bidirectional: whether each layer has a second one that reads
            backwards; their outputs are concatenated.
        gamma_initializer: of the norms inside the recurrent layers: a number,
            for a constant, or a Keras initializer. None: 0.1 for `"batch"`
            and `"batch_shared"`, 1 for the others.
        momentum: momentum of the moving statistics.
        max_timesteps: the number of steps that have their own statistics.
            None: all steps of `input_shape`, which must then be known.
        recurrent_dropout: rate of the dropout of the state inside the
            recurrent layers.
        dropout: rate after each recurrent layer.
        kernel_initializer, initializer_scale, seed: as in
            `normzoo.zoo.Hidden`, for all kernels except the recurrent ones,
            which are orthogonal. Those of `"indrnn"` are uniform in [0, 1].
        name: name of the model.

    Returns:
        A functional `keras.Model` to float32 logits, `(batch, num_classes)`,
        or `(batch, steps, num_classes)` for `readout="each"`.

    Raises:
        ValueError: an argument is out of its range, or cannot be combined with
            another one.

    Example:

    >>> from normzoo import zoo
    >>> zoo.stacked_rnn((28, 28), 10, norm="batch", units=(32, 32)).output_shape
    (None, 10)

    References:

    - [Cooijmans et al., 2017](https://arxiv.org/abs/1603.09025) (`"batch"`).
    - [Laurent et al., 2016](https://arxiv.org/abs/1510.01378) (`"input"`).
    - [Ba, Kiros and Hinton, 2016](https://arxiv.org/abs/1607.06450).
    """
    stack = get_stack(norm)
    make = layer_factory(
        cell, stack, gamma_initializer, momentum, max_timesteps
    )
    _check(input_shape, units, norm, readout, bidirectional)
    hidden = Hidden(
        norm=stack.between,
        weight_norm=weight_norm,
        activation="linear",
        norm_arguments={"batch": {"momentum": momentum}},
        dropout=dropout,
        kernel_initializer=kernel_initializer,
        initializer_scale=initializer_scale,
        seed=seed,
    )
    add = _both_ways if bidirectional else _one_way
    start = _RECURRENT_STARTS.get(cell, keras.initializers.Orthogonal)
    inputs, x = _inputs(input_shape, num_classes)
    for i, size in enumerate(units):
        if i and stack.between != "none":
            x = hidden.norm_layer(f"norm_{i}")(x)
        arguments = {
            "units": size,
            "return_sequences": readout != "last" or i + 1 < len(units),
            "recurrent_dropout": recurrent_dropout,
        }
        layer = add(make, hidden, f"rnn_{i}", start, arguments)
        x = hidden.with_weight_norm(layer)(x)
        x = hidden.drop(x, f"rnn_{i}")
    if readout == "all":
        x = keras.layers.Flatten(name="flatten")(x)
    return keras.Model(inputs, hidden.logits(x, num_classes), name=name)


def _inputs(input_shape, num_classes):
    """Returns the model's input and the sequence in it."""
    if len(input_shape) == 2:
        inputs = keras.Input(input_shape, name="inputs")
        return inputs, inputs
    inputs = keras.Input(input_shape, dtype="int32", name="inputs")
    one_hot = keras.layers.CategoryEncoding(
        num_classes, output_mode="one_hot", name="one_hot"
    )
    return inputs, one_hot(inputs)


def _one_way(make, hidden, name, start, arguments):
    """Returns a recurrent layer with its own initializers and seed."""
    return make(
        kernel_initializer=hidden.initializer(name),
        recurrent_initializer=start(
            seed=layer_seed(hidden.seed, f"{name}_recurrent")
        ),
        seed=layer_seed(hidden.seed, f"{name}_dropout"),
        name=name,
        **arguments,
    )


def _both_ways(make, hidden, name, start, arguments):
    # Given one layer, Keras' Bidirectional gives both directions equal kernels.
    backward = {**arguments, "go_backwards": True}
    return keras.layers.Bidirectional(
        _one_way(make, hidden, f"{name}_forward", start, arguments),
        backward_layer=_one_way(
            make, hidden, f"{name}_backward", start, backward
        ),
        name=name,
    )


def _check(input_shape, units, norm, readout, bidirectional):
    if len(input_shape) not in (1, 2):
        raise ValueError(
            "A stacked RNN takes sequences of shape (steps, features), or "
            "(steps,) for integers. Received: "
            f"input_shape={tuple(input_shape)}. To read images as sequences, "
            "set dataset.view=rows in the config."
        )
    if not units or min(units) < 1:
        raise ValueError(
            "units must be one or more positive integers, one for each "
            f"recurrent layer. Received: units={tuple(units)}."
        )
    if norm == "vertical" and len(units) < 2:
        raise ValueError(
            "The norm 'vertical' is between recurrent layers, so it needs two "
            f"or more. Received: units={tuple(units)}."
        )
    if readout not in READOUTS:
        raise ValueError(
            f"Unknown readout. Received: {readout!r}. Expected one of: "
            f"{', '.join(READOUTS)}."
        )
    if readout == "each" and bidirectional and len(input_shape) == 1:
        raise ValueError(
            "A bidirectional RNN sees the characters that it has to predict. "
            "Received: bidirectional=True, readout='each' and integer steps."
        )
    if readout == "all" and input_shape[0] is None:
        raise ValueError(
            "readout='all' needs to know the number of steps. Received: "
            f"input_shape={tuple(input_shape)}."
        )
