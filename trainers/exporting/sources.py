"""Where a trained model and its examples come from."""

import json
import re
import zipfile

import keras
import ml_collections
import numpy as np

from ...layers.models.kinds import check_built, input_of
from ...layers.registry import from_config
from ..common.contents import located
from ..common.errors import InputError, shortly
from ..common.served import Served
from ..comparison.trainers import trainer_of
from ..data import nested, scaling
from ..data.arrays import checked_inputs
from ..data.sources.finding import find_examples
from ..data.sources.options import Options
from ..own import files, models, tasks
from ..own.compiled import unlabeled
from ..own.single_labels import single_labels

_EXAMPLES = 1024
_RANDOM = 64
_NOT_LOADED = (OSError, TypeError, ValueError, zipfile.BadZipFile)


#: Of `look_up`: code of the user's own, and not `train[:80]` or `mnist:3.0.1`.
_CODE = re.compile(r"[^\[\]]+:[A-Za-z_][\w.]*")
#: Code of this package and of Keras that runs of compiled models name, and
#: that runs no other.
_KNOWN = re.compile(
    rf"{models.build.__module__}:{models.build.__name__}"
    rf"|{from_config.__module__}:{from_config.__name__}"
    r"|normzoo\.layers:\w+|keras\.layers:\w+Normalization"
)


def of_run(folder, trust_code=False):
    """Returns the `Served` of a finished run's folder.

    Args:
        folder: a `pathlib.Path`.
        trust_code: whether code that the run's config names may be run.

    Raises:
        InputError: it holds no finished run, or one without a model, or one
            that names code.
    """
    try:
        held = json.loads((folder / "config.json").read_text())["config"]
        result = json.loads((folder / "DONE").read_text())
    except (OSError, ValueError) as error:
        raise InputError(
            f"The workdir {folder} holds no finished run: {error}. Name the "
            "folder of a single run; a comparison has one for each of its runs."
        ) from error
    if result["status"] == "diverged":
        raise InputError(
            f"The run in {folder} has diverged, so its model is of no use. "
            "Lower its learning rate and train it again."
        )
    if not trust_code:
        _check_no_code(held, folder)
    held = located(held, [folder, *folder.resolve().parents[:2]])
    trainer = trainer_of(ml_collections.ConfigDict(held))
    config = trainer.settings.restored(held)
    try:
        found = trainer.models(config, folder)
    except _NOT_LOADED as error:
        raise InputError(
            f"The model of {folder} cannot be loaded: {shortly(error)}"
        ) from error
    if trainer.served is None or not found:
        raise InputError(f"The run in {folder} has not saved a model.")
    return trainer.served(config, found, folder)


def _check_no_code(config, folder):
    """Raises `InputError` if a config names code of somebody's own."""
    named = sorted(
        text
        for text in set(_texts(config))
        if _CODE.fullmatch(text) and not _KNOWN.fullmatch(text)
    )
    if named:
        raise InputError(
            f"The run in {folder} names code: {', '.join(map(repr, named))}. "
            "Loading its model runs that. If you trust whoever has made the "
            "run, repeat the command with --trust_code."
        )


def _texts(value):
    """Yields all texts in plain data."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def of_file(path, data=None, label=None, data_dir=None):
    """Returns the `Served` of a model's file.

    Args:
        path: a `pathlib.Path`, of a `.keras` file.
        data: as of `normzoo.diagnose`, or None: inputs are random numbers.
        label, data_dir: as of `normzoo.diagnose`.

    Raises:
        InputError: the model or the data cannot be read, or do not fit.
    """
    model = files.load_any(path)
    try:
        check_built(model)
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from error
    if data is None:
        source = "random numbers, since no data were given"
        return Served(model, _random(model), source, path=path)
    options = Options(label, data_dir, 2 * _EXAMPLES, unlabeled(model))
    x, y = find_examples(model, data, options)
    x = nested.each(scaling.as_given, checked_inputs(x, "data"))
    files.check_shapes(model, nested.shapes_of(x))
    found = None
    if y is not None and model.compiled and model.loss is not None:
        y = tasks.checked_labels(model, x, y, "y")
        found = single_labels(model, x, y)
    labels, _, decide = found or (None, None, None)
    rows = np.linspace(
        0, nested.count_of(x) - 1, min(_EXAMPLES, nested.count_of(x))
    ).astype(int)
    some = nested.each(lambda array: np.asarray(array[rows]), x)
    return Served(
        model=model,
        inputs=some,
        source=str(data),
        calibration=some,
        labels=None if labels is None else labels[rows],
        decide=decide,
        path=path,
    )


def _random(model):
    """Returns inputs of normal numbers; integers are 0 and 1.

    Raises:
        InputError: it is not known what the model takes.
    """
    try:
        return keras.tree.map_structure(_drawn, input_of(model))
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"It is not known which inputs the model {model.name!r} takes. "
            "Pass some with --data."
        ) from error


def _drawn(tensor):
    if None in tensor.shape[1:]:
        raise ValueError("a size is not known")
    rng, shape = np.random.default_rng(0), (_RANDOM, *tensor.shape[1:])
    if tensor.dtype.startswith(("int", "uint", "bool")):
        return rng.integers(0, 2, shape).astype(tensor.dtype)
    return rng.standard_normal(shape).astype(tensor.dtype)
