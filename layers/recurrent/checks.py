"""What recurrent layers refuse, in words that say the fix."""


def check_mask(sequences, mask):
    """Raises an error unless the mask has the inputs' batch and time.

    Sizes that are not known yet are compared by `alignment.align`.
    """
    expected = tuple(sequences.shape[:2])
    if mask is not None and not _fits(tuple(mask.shape), expected):
        raise ValueError(
            "The mask of a sequence has the shape (batch, time). Received: "
            f"mask.shape={tuple(mask.shape)} with inputs of shape "
            f"{tuple(sequences.shape)}. Pass one boolean for each step of "
            "each sequence."
        )


def check_cell_state(layer, has_cell_state, **options):
    """Raises `ValueError` for options of a cell state where there is none."""
    for name, value in options.items():
        if value and not has_cell_state:
            raise ValueError(
                f"{layer} has no cell state, which only an LSTM has. Received: "
                f"{name}={value}. Leave it out."
            )


def check_synchronized(synchronized, unroll):
    """Raises `ValueError` where replicas would have to meet inside a loop."""
    if synchronized and not unroll:
        raise ValueError(
            "synchronized=True needs unroll=True: replicas cannot exchange "
            f"their statistics inside a loop. Received: unroll={unroll}."
        )


def check_states(layer, batch, states):
    """Raises an error unless the states fit the layer.

    Args:
        layer: a recurrent layer.
        batch: the batch size, or None where it is not known.
        states: a list of tensors, or a tensor if the layer has one state.
    """
    states = list(states) if isinstance(states, (list, tuple)) else [states]
    shapes = [tuple(state.shape) for state in states]
    expected = [(batch, size) for size in layer.state_size]
    if len(shapes) != len(expected) or not all(
        _fits(*pair) for pair in zip(shapes, expected, strict=True)
    ):
        raise ValueError(
            f"The initial state of {layer.name!r} must have the shapes "
            f"{expected}. Received: {shapes}."
        )


def _fits(shape, expected):
    return len(shape) == len(expected) and all(
        None in pair or pair[0] == pair[1]
        for pair in zip(shape, expected, strict=True)
    )


def check_weights(layer, weights):
    """Raises an error unless there is an array for each weight."""
    own = layer.weights
    if len(weights) == len(own):
        return
    named = [f"{weight.name} {tuple(weight.shape)}" for weight in own]
    received = [tuple(weight.shape) for weight in weights]
    keras_weights = 3 if layer.cell.use_bias else 2
    fix = ""
    if len(weights) == keras_weights:
        fix = (
            " These look like the weights of a Keras layer without "
            f"normalization: it lacks {', '.join(named[keras_weights:])}. "
            "To load the others alone: `layer.set_weights(weights + "
            f"layer.get_weights()[{keras_weights}:])`."
        )
    raise ValueError(
        f"{type(layer).__name__} has {len(own)} weights: {', '.join(named)}. "
        f"Received: {len(weights)} arrays of shapes {received}.{fix}"
    )


def steps_to_learn(sequences_shape, max_timesteps):
    """Returns how many steps get statistics of their own."""
    steps = max_timesteps or sequences_shape[1]
    if steps is None:
        raise ValueError(
            "Statistics per time step need to know the number of steps. "
            f"Received: inputs of shape {tuple(sequences_shape)} and "
            "max_timesteps=None. Pass max_timesteps, the length up to which "
            "each step has its own statistics."
        )
    return steps


def check_max_timesteps(steps):
    """Raises an error unless it is None or a positive integer."""
    if steps is not None and (not isinstance(steps, int) or steps < 1):
        raise ValueError(
            "max_timesteps must be a positive integer or None, the length of "
            f"the sequences. Received: max_timesteps={steps!r}."
        )


def check_jit_compile(jit_compile):
    """Raises an error unless it is True, False or "auto"."""
    if jit_compile not in (True, False, "auto"):
        raise ValueError(
            'jit_compile must be True, False or "auto". Received: '
            f"jit_compile={jit_compile!r}."
        )


def check_memory(memory):
    """Raises an error unless it is "normal" or "low"."""
    if memory not in ("normal", "low"):
        raise ValueError(
            f'memory must be "normal" or "low". Received: memory={memory!r}.'
        )
