"""A trained model, made ready for inference, checked and written."""

import contextlib
import dataclasses
import pathlib
from typing import Any

import keras
import numpy as np

from ...layers import for_inference
from ...layers.exchange.single_precision import in_float32, is_mixed
from ...layers.models.kinds import input_names, is_graph
from ..common.errors import InputError, writing
from ..common.files import replacing, replacing_folder
from ..data import nested
from ..run.values import check_name
from .comparing import Subject, seconds_of, tolerance
from .formats import FORMATS, converting, prediction
from .litert import Calibration
from .result import Exported, Figures

_BATCH = 64  # examples in a call of the check
_MANY = 32  # examples in a call that is timed


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a model is to be written.

    Attributes:
        format: one of `FORMATS`.
        fixed: as of `layers.for_inference`.
        quantize: `"int8"`, or None.
        batch_size: of each call of the exported model; None: any.
        repeats: how many calls of each size are timed.

    Raises:
        InputError: there is no such format, it needs what is not installed, or
            it cannot be quantized.
    """

    format: str
    fixed: dict[str, Any] = dataclasses.field(default_factory=dict)
    quantize: str | None = None
    batch_size: int | None = None
    repeats: int = 25

    def __post_init__(self):
        check_name("format", self.format, FORMATS)
        check_name("quantize", self.quantize or "", ("", "int8"))
        if self.quantize and not FORMATS[self.format].quantizable:
            raise InputError(
                "Only the format 'litert' can be quantized. Received: "
                f"quantize={self.quantize!r} and format={self.format!r}."
            )
        FORMATS[self.format].check_installed(self.format)


def export(served, path, wanted):
    """Writes a trained model for serving, if its outputs stay what they are.

    Args:
        served: a `Served`.
        path: a `pathlib.Path`, of the file or folder; what is there is
            replaced once the check has passed.
        wanted: a `Wanted`.

    Returns:
        An `Exported`, which can be printed.

    Raises:
        InputError: the model cannot be written in this format, or outputs
            differ. Nothing is written then.
    """
    _check(served, path, wanted)
    model, changed, left = _made(served, wanted)
    size = wanted.batch_size or _BATCH
    inputs = _inputs(served, wanted)
    before = Subject(prediction(served.model), inputs, size)
    rest = _left(inputs, served, model, wanted)
    with writing(str(path), ""), _replacing(path, wanted) as temporary:
        with converting(wanted.format, model):
            _write(temporary, model, served, wanted)
            run = FORMATS[wanted.format].load(temporary, model)
            after = Subject(run, rest, size)
        difference = before.difference(after)
        if not wanted.quantize:
            _check_difference(difference, before, served.model)
        seconds = seconds_of(
            {"before": before, "after": after},
            [wanted.batch_size] if wanted.batch_size else [1, _MANY],
            wanted.repeats,
        )
        written = _size(pathlib.Path(temporary))
    given = _size(served.path) if served.path else None
    return Exported(
        path=path,
        changed=changed,
        left=left,
        source=served.source,
        examples=nested.count_of(inputs),
        difference=difference,
        scale=before.scale,
        before=_figures(given, served.model, seconds["before"], before, served),
        after=_figures(written, model, seconds["after"], after, served),
    )


def _check(served, path, wanted):
    """Raises `InputError` for what can be known in advance."""
    suffix = FORMATS[wanted.format].suffix
    if suffix and path.suffix != suffix:
        raise InputError(
            f"A file in the format {wanted.format!r} ends with {suffix}. "
            f"Received: {path}."
        )
    if wanted.quantize and served.calibration is None:
        raise InputError(
            "Integers need the ranges of all activations on real examples. "
            "Pass the data that the model was trained on with --data."
        )
    if wanted.batch_size and not is_graph(served.model):
        raise InputError(
            f"The model {served.model.name!r} has its own `call`, so its batch "
            "size cannot be fixed. Leave --batch_size out."
        )


def _made(served, wanted):
    """Returns the model to be written, and what was changed and left."""
    try:
        made = for_inference(served.model, wanted.fixed)
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from error
    model, changed, _ = made
    single = FORMATS[wanted.format].single_precision
    if single and is_graph(model) and is_mixed(model):
        model = in_float32(model)
        changed = {**changed, model.name: "computes in float32"}
    return made._replace(model=model, changed=changed)


def _inputs(served, wanted):
    """Returns the examples of the check, as the original takes them.

    Fixed inputs have their values there, and all batches are whole where their
    size is fixed.
    """
    size = wanted.batch_size or 1
    count = nested.count_of(served.inputs) // size * size
    if not count:
        raise InputError(
            f"There are {nested.count_of(served.inputs)} examples for a batch "
            f"of {size}. Lower --batch_size."
        )
    inputs = nested.each(lambda x: x[:count], served.inputs)
    if not wanted.fixed:
        return inputs
    names = input_names(_graph_of(served))
    arrays = [
        np.broadcast_to(wanted.fixed.get(name, x), x.shape).astype(x.dtype)
        for name, x in zip(names, nested.leaves(inputs), strict=True)
    ]
    return keras.tree.pack_sequence_as(inputs, arrays)


def _left(inputs, served, model, wanted):
    """Returns the inputs that the exported model still has.

    Args:
        inputs: of the original.
        served, wanted: as of `export`.
        model: the one that is exported.
    """
    if not is_graph(model):
        return inputs
    names, arrays = input_names(_graph_of(served)), nested.leaves(inputs)
    left = [
        array
        for name, array in zip(names, arrays, strict=True)
        if name not in wanted.fixed
    ]
    return keras.tree.pack_sequence_as(model.input, left)


def _graph_of(served):
    """Returns the model, that inside a `ReferenceModel`."""
    model = served.model
    return model if is_graph(model) else model.model


def _write(path, model, served, wanted):
    calibration = None
    if wanted.quantize:
        calibration = Calibration(
            _left(served.calibration, served, model, wanted),
            wanted.batch_size or 1,
        )
    signature = _signature(model, wanted.batch_size)
    FORMATS[wanted.format].write(model, path, signature, calibration)


def _signature(model, batch_size):
    """Returns what the exported function takes; None where Keras knows."""
    if not is_graph(model):
        return None

    def spec(tensor):
        shape = (batch_size, *tensor.shape[1:])
        return keras.InputSpec(tensor.dtype, shape, name=tensor.name)

    return [keras.tree.map_structure(spec, model.input)]


def _check_difference(difference, before, model):
    allowed = tolerance(model) * before.scale
    if not difference <= allowed:
        raise InputError(
            f"The outputs of the exported model differ by {difference:.2g}, "
            f"more than {allowed:.2g}, from those of the original, which are "
            f"up to {before.scale:.2g}. Nothing was written. Layers with "
            "random numbers in inference, and half precision, can be the cause."
        )


def _figures(size, model, seconds, subject, served):
    labels = served.labels
    if labels is not None:
        labels = labels[: nested.count_of(subject.inputs)]
    return Figures(
        size,
        model.count_params(),
        seconds,
        subject.accuracy(labels, served.decide),
    )


@contextlib.contextmanager
def _replacing(path, wanted):
    """Yields the name of a file or folder that takes a path's place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_file = bool(FORMATS[wanted.format].suffix)
    with (replacing if is_file else replacing_folder)(path) as temporary:
        yield str(temporary)


def _size(path):
    """Returns the bytes of a file, or of all files in a folder."""
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file())
