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

from absl import flags

from . import app

FORMATS = ("keras", "saved_model", "onnx", "litert")


def main(flags):
    """Runs the script."""
    from .common.paths import user_path
    from .exporting import sources
    from .exporting.exporting import Wanted, export
    from .exporting.places import default_path, fixed_inputs

    if flags.workdir is not None:
        served = sources.of_run(user_path(flags.workdir))
    else:
        path = user_path(flags.model, "model")
        options = app.data_options(flags)
        served = sources.of_file(path, flags.data, **options)
    wanted = Wanted(
        format=flags.format,
        fixed=fixed_inputs(flags.fixed),
        quantize=flags.quantize,
        batch_size=flags.batch_size,
        repeats=flags.repeats,
    )
    path = (
        user_path(flags.to, "file")
        if flags.to
        else default_path(served, wanted, flags.workdir)
    )
    print(export(served, path, wanted))


def define_flags():
    """Defines the script's own flags."""
    app.define_workdir()
    app.define_data()
    flags.DEFINE_string("model", None, "A trained model, a .keras file.")
    flags.DEFINE_string(
        "data",
        None,
        "With --model: data that it was trained on, a data file, a folder of "
        "images, or the name of a TFDS data set. Without it, outputs are "
        "compared on random numbers.",
    )
    flags.DEFINE_enum("format", None, FORMATS, "Format of the file.")
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
    flags.DEFINE_integer(
        "repeats", 25, "Timed calls of each size.", lower_bound=1
    )


if __name__ == "__main__":
    define_flags()
    flags.mark_flags_as_mutual_exclusive(["workdir", "model"], required=True)
    app.run(main, required=["format"])
