r"""Writes a trained model for serving, after a check that it stays the same.

    python -m normzoo.trainers.export --workdir=runs/mine --format=onnx
    python -m normzoo.trainers.export --model=model.keras --data=mine.npz \
        --format=litert --quantize=int8

Batch norms are folded into their neighbors, weight norms removed, and reference
batches replaced by their statistics. The outputs of the new file are compared
with those of the original on test data of the run, or on --data, and it is
written only if they agree. Sizes and latencies before and after are printed.

`onnx` needs `pip install 'normzoo[onnx]'`, and `litert` needs
`pip install 'normzoo[litert]'`.
"""

import os
from collections.abc import Mapping
from typing import Any

from absl import flags

from . import app
from .own import data_flags

if __name__ == "__main__":
    formats = ("keras", "saved_model", "onnx", "litert")
    data_flags.define()
    flags.DEFINE_string("workdir", None, "Folder of a finished run.")
    flags.DEFINE_string("model", None, "A trained model, a .keras file.")
    flags.DEFINE_string(
        "data",
        None,
        "With --model: data that it was trained on, a data file, a folder of "
        "images, or the name of a TFDS data set. Without it, outputs are "
        "compared on random numbers.",
    )
    flags.DEFINE_enum("format", None, formats, "Format of the file.")
    flags.DEFINE_string(
        "to",
        None,
        "File or folder to write. Without it: in WORKDIR/export, or beside the "
        "model.",
    )
    flags.DEFINE_multi_string(
        "fixed",
        [],
        "NAME=VALUE makes an input a constant, such as labels=3 of a "
        "conditional generator; numbers of a vector are separated by commas.",
    )
    flags.DEFINE_enum(
        "quantize",
        None,
        ["int8"],
        "With --format=litert: weights and activations become integers.",
    )
    flags.DEFINE_integer(
        "batch_size",
        None,
        "Makes the number of examples in a call a constant. Without it: any.",
        lower_bound=1,
    )
    flags.DEFINE_bool(
        "trust_code",
        False,
        "With --workdir: runs the code that the run's config.json names. "
        "Without it, such a run is refused.",
    )
    flags.DEFINE_integer(
        "repeats", 25, "Timed calls of each size.", lower_bound=1
    )
    flags.mark_flags_as_mutual_exclusive(["workdir", "model"], required=True)
    app.parse(required=["format"])

from .common.errors import InputError
from .common.paths import user_path
from .exporting import exporting, sources
from .exporting.places import default_path, fixed_inputs
from .exporting.result import Exported
from .exporting.wanted import Wanted

__all__ = ["export"]


def export(
    *,
    format: str,
    workdir: str | os.PathLike | None = None,
    model: str | os.PathLike | None = None,
    to: str | os.PathLike | None = None,
    data: Any = None,
    label: str | None = None,
    data_dir: str | os.PathLike | None = None,
    fixed: Mapping[str, Any] | None = None,
    quantize: str | None = None,
    batch_size: int | None = None,
    repeats: int = 25,
    trust_code: bool = False,
) -> Exported:
    """Writes a trained model for serving, if its outputs stay what they are.

    Args:
        format: `"keras"`, `"saved_model"`, `"onnx"` or `"litert"`.
        workdir: folder of a finished run; or else
        model: path of a `.keras` file.
        to: file or folder to write; None: in `WORKDIR/export`, or beside the
            model.
        data: with `model`, data that it was trained on, as of
            `normzoo.diagnose`. None: outputs are compared on random numbers.
        label, data_dir: as of `normzoo.diagnose`.
        fixed: dict, name of an input -> its value for one example, as of
            `normzoo.layers.for_inference`.
        quantize: `"int8"`, for the format `"litert"`; None: floating point.
        batch_size: number of examples in a call; None: any.
        repeats: how many calls of each size are timed.
        trust_code: with `workdir`, whether code that `config.json` names, of a
            norm or a model of your own, may be run.

    Returns:
        An `Exported`, which can be printed: what was changed, the largest
        difference of outputs, and size, latency and accuracy before and after.

    Raises:
        ValueError: the format needs what is not installed, the model cannot be
            written in it, or outputs differ. Nothing is written then.
    """
    if (workdir is None) == (model is None):
        raise InputError(
            "Either a run's workdir or the path of a model must be given. "
            f"Received: workdir={workdir!r}, model={model!r}."
        )
    if data is None and (label or data_dir):
        raise InputError(
            "label and data_dir say how data are read, and no data were given. "
            f"Received: label={label!r}, data_dir={data_dir!r}."
        )
    wanted = Wanted(
        format=format,
        fixed=dict(fixed or {}),
        quantize=quantize,
        batch_size=batch_size,
        repeats=repeats,
    )
    if workdir is None:
        path = user_path(model, "model")
        served = sources.of_file(path, data, label, data_dir)
    elif data is None:
        served = sources.of_run(user_path(workdir), trust_code)
    else:
        raise InputError(
            "A run has its own data. Received: workdir and data. Leave data "
            "out."
        )
    path = user_path(to, "file") if to else None
    return exporting.export(
        served, path or default_path(served, wanted, workdir), wanted
    )


def main(flags):
    """Runs the script."""
    print(
        export(
            format=flags.format,
            workdir=flags.workdir,
            model=flags.model,
            to=flags.to,
            data=flags.data,
            **data_flags.options(flags),
            fixed=fixed_inputs(flags.fixed),
            quantize=flags.quantize,
            batch_size=flags.batch_size,
            repeats=flags.repeats,
            trust_code=flags.trust_code,
        )
    )


if __name__ == "__main__":
    app.run(main)
