"""Everything about a model that training changes."""

import contextlib

import keras


def build_state(model, batch):
    """Makes the variables that Keras would make in the first training step.

    Args:
        model: compiled, with weights.
        batch: structure of tensors or specs like one training batch.
    """
    with model.distribute_strategy.scope():
        # Keras has no public function that runs nothing and changes nothing.
        model._symbolic_build(data_batch=batch)


def optimizers_of(model):
    """Returns attribute name -> Keras optimizer."""
    return {
        name: value
        for name, value in sorted(vars(model).items())
        if isinstance(value, keras.optimizers.Optimizer)
    }


def variables_of(model):
    """Returns all variables that training changes, in named groups.

    They are the model's own, which are its weights, its statistics and the
    states of its seed generators; those of its metrics; and those of each
    optimizer that is an attribute of the model, loss scales included.

    Returns:
        Name of the group -> list of `tf.Variable`, in a fixed order.

    Raises:
        ValueError: an optimizer is not built, or averages the weights itself:
            Keras puts the average into the weights whenever `fit` ends.
    """
    groups = {"model": model.variables, "metrics": model.metrics_variables}
    for name, optimizer in optimizers_of(model).items():
        if not optimizer.built:
            raise ValueError(
                f"The optimizer {name!r} has no variables yet. Call its "
                "build() with the variables that it trains."
            )
        if _averages_weights(optimizer):
            raise ValueError(
                f"The optimizer {name!r} has use_ema=True, which cannot be "
                "resumed. Keep a copy of the model and average into it."
            )
        groups[name] = optimizer.variables
    return {
        name: [variable.value for variable in variables]
        for name, variables in groups.items()
    }


@contextlib.contextmanager
def frozen(model):
    """Puts the model's variables back, at its end, to what they were."""
    values = [variable.numpy() for variable in model.variables]
    try:
        yield
    finally:
        for variable, value in zip(model.variables, values, strict=True):
            variable.assign(value)


def _averages_weights(optimizer):
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return inner.use_ema
