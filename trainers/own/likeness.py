"""Models like a user's own, also where its class has code of its own."""

import inspect

import keras

from ...layers import ReferenceModel
from ...layers.models.copying import copy_model, trusting
from ...layers.models.inner_layers import inner_layers
from ...layers.models.kinds import is_graph
from ...layers.models.layer_state import bookkeeping, copy_state
from ..common.errors import InputError

#: The file of the weights of a trained model with a `call` of its own.
WEIGHTS = "final.weights.h5"
_PLAIN = (bool, int, float, str, type(None))
_STEPS = ("train_step", "test_step", "compute_loss", "compute_metrics")


def has_own_steps(model):
    """Whether a model trains or is measured by code of its class."""
    return any(
        getattr(type(model), name) is not getattr(keras.Model, name)
        for name in _STEPS
    )


def is_subclassed(model):
    """Whether a model has a `call` of a user's own."""
    return not is_graph(model) and not isinstance(model, ReferenceModel)


def has_own_code(model):
    """Whether the class of a model has a `call` or such steps of its own."""
    return is_subclassed(model) or has_own_steps(model)


def made_again(model):
    """Returns a model like another one, with the weights of initializers.

    Raises:
        InputError: its class cannot be made of its configuration.
    """
    if is_graph(model) and _takes_graph(type(model)):
        return keras.models.clone_model(model)
    try:
        new = trusting(
            lambda: type(model).from_config(model.get_config()),
            inner_layers(model),
        )
        if not new.built:
            new.build_from_config(model.get_build_config())
    except Exception as error:  # whatever the user's own code raises
        raise _not_made(model, str(error).partition(". ")[0]) from error
    if [v.shape for v in new.variables] != [v.shape for v in model.variables]:
        raise _not_made(model, "what it makes has other weights")
    if _layers(new) != _layers(model):
        raise _not_made(model, "what it makes has other layers")
    new.built = True  # Keras does not say so of what a call has built.
    return new


def copied(model):
    """Returns a model of the same class with the same weights.

    Raises:
        InputError: as of `made_again`.
    """
    if is_graph(model) and _takes_graph(type(model)):
        return of_class(model, copy_model(model)[0])
    new = made_again(model)
    copy_state(model, new)
    return new


def of_class(model, graph):
    """Returns a model of another one's class, of the layers of a graph.

    Args:
        model: whose class has steps of its own, perhaps.
        graph: a functional model that takes its place, or a model of its class.

    Raises:
        InputError: the class makes its layers itself.
    """
    kind = type(model)
    if isinstance(graph, kind) or not has_own_steps(model):
        return graph
    if not _takes_graph(kind):
        raise InputError(
            f"{kind.__name__} makes its layers in its constructor and has a "
            "`train_step` or the like, so it cannot have other norms. Let it "
            f"be made of a graph: {kind.__name__}(inputs, outputs)."
        )
    if isinstance(model, keras.Sequential):
        new = kind(graph.layers, name=model.name)
    else:
        new = kind(graph.input, graph.output, name=model.name)
    for name, value in _attributes(model).items():
        setattr(new, name, value)
    return new


def check_attributes(model, again):
    """Raises `InputError` unless two models agree in plain attributes.

    Args:
        model: the user's own.
        again: what was made from its configuration.
    """
    for name, value in _attributes(model).items():
        if (other := getattr(again, name, None)) != value:
            raise InputError(
                f"The attribute `{name}` of the model {model.name!r} is "
                f"{value!r}, but {other!r} in a model made from its "
                "`get_config`, as that of each run is. Make it an argument of "
                f"the constructor of {type(model).__name__} that `get_config` "
                "returns."
            )


def _attributes(model):
    """Returns name -> value, of the numbers and texts that a user has set."""
    names = vars(model).keys() - bookkeeping() - {"stop_training"}
    found = {name: vars(model)[name] for name in names if name[0] != "_"}
    return {k: v for k, v in found.items() if isinstance(v, _PLAIN)}


def _takes_graph(kind):
    """Whether the constructor of a class takes layers, or inputs and outputs.

    What it takes besides has defaults, which are copied as attributes.
    """
    parameters = inspect.signature(kind.__init__).parameters
    if issubclass(kind, keras.Sequential):
        return "layers" in parameters or "args" in parameters
    kinds = {each.kind for each in parameters.values()}
    any_ones = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return {"inputs", "outputs"} <= parameters.keys() or any_ones <= kinds


def _layers(model):
    """Returns types and configurations of the layers inside a model.

    Keras' own `get_config` of a model tells the defaults of the constructor's
    arguments, whatever it was called with.
    """
    return [
        (type(layer), {**layer.get_config(), "name": ""})
        for layer in inner_layers(model)[1:]
    ]


def _not_made(model, why):
    kind = type(model)
    names = list(inspect.signature(kind.__init__).parameters)[1:]
    names = [name for name in names if name not in ("args", "kwargs")]
    entries = "".join(f', "{name}": self.{name}' for name in names)
    return InputError(
        f"The model {model.name!r} of class {kind.__name__} cannot be made "
        f"again from its `get_config`, as each run must: "
        f"{why.partition(chr(10))[0].rstrip('.')}. Write `def __init__("
        f"{', '.join(['self', *names])}, **kwargs): super().__init__(**kwargs)"
        "` and `def get_config(self): return {**super().get_config()"
        f"{entries}}}`."
    )
