"""What `compare_norms` takes, checked: a model and arrays."""

import inspect
import pathlib

import keras

from ...layers.lookup import look_up
from ...layers.user_code import failure, line_of
from ..common.errors import InputError
from ..common.paths import user_path
from ..common.user_code import running
from ..data import array_files, arrays, nested
from ..data.sources.finding import find_arrays
from ..data.sources.options import Options
from ..own import files, tasks
from ..own.compiled import compile_arguments, unlabeled
from ..own.likeness import copied, has_own_code
from ..own.measures import metrics_of

#: What a model or a loss raises for data that do not fit it.
_MISFIT = (KeyError, TypeError, ValueError, ArithmeticError)


def find_model(model):
    """Returns the compiled model that an argument means.

    Args:
        model: a Keras model, a function without arguments that returns one, or
            its `"file.py:function"` or `"module:function"`, or the path of a
            `.keras` file.

    Raises:
        InputError: there is none, or it cannot be trained, see `files.checked`.
    """
    name = getattr(model, "__name__", str(model))
    if isinstance(model, (str, pathlib.Path)):
        if name.endswith(".keras"):
            return files.read(_file(name))
        try:
            model = look_up(name, {}, "model")
        except ValueError as error:
            raise InputError(str(error)) from error
    if callable(model) and not isinstance(model, keras.Model):
        model = _made(model, name)
    return files.checked(model)


def code_file(model):
    """Returns the file of `"file.py:function"`; None of other models.

    Whatever process trains such a model must run it, since it may register
    classes that the model is made of.
    """
    file = model.rpartition(":")[0] if isinstance(model, str) else ""
    return str(user_path(file, "model")) if file.endswith(".py") else None


def _made(make, name):
    _check_no_arguments(make, name)
    with running(f"The model function {name!r}"):
        return make()


def _file(name):
    path = user_path(name, "model")
    if not path.is_file():
        raise InputError(
            f"The model {path} cannot be loaded: there is no such file."
        )
    return path


def _check_no_arguments(make, name):
    try:
        inspect.signature(make).bind()
    except TypeError as error:
        raise InputError(
            "The model function is called without arguments. Received: "
            f"{name}, {error}. Give its arguments defaults, or wrap it in a "
            "function without any."
        ) from error


def find_data(
    model, train, validation=None, test=None, *, label=None, data_dir=None
):
    """Returns the arrays of all splits that are given, see `arrays.check`.

    Args:
        model: from `find_model`.
        train, validation, test, label, data_dir: as of `norms.compare_norms`.

    Raises:
        InputError: they are no good, or do not fit the model.
    """
    given = {"train": train, "validation": validation, "test": test}
    options = Options(
        label=label, data_dir=data_dir, unlabeled=unlabeled(model)
    )
    found = arrays.check(find_arrays(model, given, options), "The data")
    files.check_shapes(model, nested.shapes_of(found["x_train"]))
    found |= _labels(model, found)
    train = array_files.splits_of(found)["train"]
    _check_fit(model, train.taken(slice(2)))
    if has_own_code(model):
        _check_copy(model, train.taken(slice(2)))
    return found


def _labels(model, found):
    """Returns the labels of all splits; raises `InputError` if some misfit."""
    return {
        f"y_{split}": tasks.checked_labels(
            model, found[f"x_{split}"], found[f"y_{split}"], f"y_{split}"
        )
        for split in arrays.SPLITS
        if f"y_{split}" in found
    }


def _check_fit(model, examples):
    """Raises `InputError` unless a model takes examples and labels."""
    x, y, *weights = examples.seen()
    try:
        model.test_on_batch(x, y, *weights)
    except Exception as error:  # whatever the user's own code raises
        if line_of(error) and not isinstance(error, _MISFIT):
            raise InputError(
                f"The model {model.name!r} cannot be evaluated on its data: "
                f"{failure(error)}"
            ) from error
        shapes = nested.each(lambda x: f"{x.shape[1:]} of {x.dtype}", y)
        raise InputError(
            f"The labels, {shapes}, do not fit the model's outputs of shape "
            f"{getattr(model, 'output_shape', 'unknown')} and its loss: "
            f"{failure(error)}"
        ) from error


def _check_copy(model, examples):
    """Raises `InputError` unless a copy of a model can be trained."""
    copy, (x, y, *weights) = copied(model), examples.seen()
    weights = weights[0] if weights else None
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    try:
        copy.compile(optimizer, **compile_arguments(model))
        copy.fit(x, y, sample_weight=weights, verbose=0)
        logs = copy.evaluate(
            x, y, sample_weight=weights, verbose=0, return_dict=True
        )
    except Exception as error:  # whatever the user's own code raises
        raise InputError(
            f"The model {model.name!r} cannot be trained again, as each run "
            f"must: {failure(error).rstrip('.')}. The constructor of "
            f"{type(model).__name__} must create whatever its methods use, "
            "from its arguments alone."
        ) from error
    expected = [metric.name for metric in metrics_of(model)]
    if missing := [name for name in expected if name not in logs]:
        raise InputError(
            f"The model {model.name!r} is compiled with {', '.join(expected)}, "
            f"but its `test_step` returns {', '.join(logs)}. Expected: also "
            f"{', '.join(missing)}."
        )
