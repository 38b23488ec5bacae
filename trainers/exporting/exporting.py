"""A trained model, made ready for inference, checked and written."""

import contextlib
import pathlib

from ...layers import for_inference
from ...layers.exchange.single_precision import in_float32, is_mixed
from ...layers.models.kinds import is_graph
from ..common.errors import InputError
from ..common.files import make_folder, replacing, replacing_folder
from ..data import nested
from .comparing import Subject, seconds_of, tolerance
from .formats import FORMATS, converting, prediction
from .inputs import inputs_of, left_inputs, signature_of
from .litert import Calibration
from .result import Exported, Figures

_BATCH = 64  # examples in a call of the check
_MANY = 32  # examples in a call that is timed


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
    inputs = inputs_of(served, wanted)
    before = Subject(prediction(served.model), inputs, size)
    rest = left_inputs(inputs, served, model, wanted)
    with _replacing(path, wanted) as temporary:
        with converting(wanted.format, model):
            _write(temporary, model, served, wanted)
            run = FORMATS[wanted.format].load(temporary, model)
            after = Subject(run, rest, size)
        difference = before.difference(after)
        if not wanted.quantize:
            _check_difference(difference, before, served.model)
        seconds = seconds_of(
            {"before": before, "after": after},
            _sizes(wanted, nested.count_of(inputs)),
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
    if not suffix and path.exists() and not _is_replaceable(path):
        raise InputError(
            f"{path} is there already, and no SavedModel. It would be replaced "
            "as a whole. Name a folder that does not exist."
        )
    if wanted.quantize and served.calibration is None:
        raise InputError(
            "Integers need the ranges of all activations on real examples. "
            "Pass the data that the model was trained on with --data."
        )


def _is_replaceable(path):
    """Whether a folder is empty, or a SavedModel."""
    return path.is_dir() and (
        (path / "saved_model.pb").exists() or not any(path.iterdir())
    )


def _made(served, wanted):
    """Returns the model to be written, and what was changed and left."""
    try:
        made = for_inference(served.model, wanted.fixed)
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from error
    model, changed, _ = made
    if wanted.batch_size and not is_graph(model):
        raise InputError(
            f"The model {model.name!r} has its own `call`, so its batch size "
            "cannot be fixed. Leave --batch_size out."
        )
    single = FORMATS[wanted.format].single_precision
    if single and is_graph(model) and is_mixed(model):
        model = in_float32(model)
        changed = {**changed, model.name: "computes in float32"}
    return made._replace(model=model, changed=changed)


def _write(path, model, served, wanted):
    calibration = None
    if wanted.quantize:
        calibration = Calibration(
            left_inputs(served.calibration, served, model, wanted),
            wanted.batch_size or 1,
        )
    signature = signature_of(model, wanted.batch_size)
    FORMATS[wanted.format].write(model, path, signature, calibration)


def _check_difference(difference, before, model):
    allowed = tolerance(model) * before.scale
    if not difference <= allowed:
        raise InputError(
            f"The outputs of the exported model differ by {difference:.2g}, "
            f"more than {allowed:.2g}, from those of the original, which are "
            f"up to {before.scale:.2g}. Nothing was written. Layers with "
            "random numbers in inference, and half precision, can be the cause."
        )


def _sizes(wanted, count):
    """Returns the numbers of examples in calls that are timed."""
    if wanted.batch_size:
        return [wanted.batch_size]
    return sorted({1, min(_MANY, count)})


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
    path = path.absolute()  # "." has no name of its own.
    make_folder(path.parent)
    is_file = bool(FORMATS[wanted.format].suffix)
    replace = replacing if is_file else replacing_folder
    with replace(path, "The model") as temporary:
        yield str(temporary)


def _size(path):
    """Returns the bytes of a file, or of all files in a folder."""
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file())
