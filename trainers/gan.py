r"""Trains one GAN, measures it, and draws samples from it.

    python -m normzoo.trainers.gan --config=digits_dcgan \
        --config.generator.norm=virtual --workdir=runs/virtual
    python -m normzoo.trainers.gan --config=digits_dcgan \
        --config.generator.norm=virtual --workdir=runs/virtual --mode=sample

The script writes the same files as `normzoo.trainers.classify`, and a folder
`images/` with samples from the same noise after each epoch, as PNGs and as an
animated GIF, samples from other noise, and real examples. `--mode=evaluate`
measures a finished run again, for example with other settings of the metrics;
`--mode=sample` draws new samples from it, of a conditional GAN
(`--config.conditional=True`) with one class in each row.
"""

from absl import flags

from . import app

if __name__ == "__main__":
    app.define_profile()
    modes = ["train", "evaluate", "sample"]
    flags.DEFINE_enum(
        "mode",
        modes[0],
        modes,
        "Train, evaluate a finished run again, or draw samples from it.",
    )
    flags.DEFINE_string(
        "data",
        None,
        "A folder of PNG or JPEG images of any size, with or without a folder "
        "for each class. They are cropped to squares and resized to 32 pixels, "
        "or to --config.dataset.image_size=64.",
    )
    flags.DEFINE_integer(
        "sample_seed", 0, "With --mode=sample: seed of the noise."
    )
    flags.DEFINE_integer(
        "samples", 64, "With --mode=sample: number of samples.", lower_bound=1
    )
    flags.DEFINE_multi_integer(
        "sample_labels",
        [],
        "With --mode=sample of a conditional GAN: the class of a row; repeat "
        "it for more rows. Without it there are ten classes at most.",
    )
    app.parse_with_config()

from .common.paths import user_path
from .comparison.trainers import expect
from .gans import report
from .gans.finished import evaluate, load_generator, sample
from .gans.trainer import train
from .inspection.profile_steps import profile_callbacks

__all__ = ["evaluate", "load_generator", "sample", "train"]


def main(flags):
    """Runs the script."""
    expect("gan", flags.config)
    if flags.data:
        _use_folder(flags.config.dataset, flags.data)
    if flags.mode == "sample":
        for path in sample(
            flags.config,
            flags.workdir,
            flags.sample_seed,
            flags.samples,
            flags.sample_labels,
        ):
            print(path)
        return
    if flags.mode == "train":
        callbacks = profile_callbacks(flags.profile, flags.workdir)
        result = train(flags.config, flags.workdir, callbacks=callbacks)
    else:
        result = evaluate(flags.config, flags.workdir)
    advice = "Lower the learning rates, or set --config.loss.on_nan=restore."
    app.show(result, flags.workdir, advice)
    if remark := report.remark(result):
        print(remark)


def _use_folder(dataset, path):
    """Makes a folder the data set of a config, of 32 pixels unless it says."""
    dataset.name = str(user_path(path, "data").absolute())
    dataset.image_size = dataset.image_size or 32


if __name__ == "__main__":
    app.run(main)
