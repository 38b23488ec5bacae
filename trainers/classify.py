r"""Trains one model on a TFDS data set of images, signals or text.

    python -m normzoo.trainers.classify --config=digits_mlp \
        --config.model.norm=layer --workdir=runs/layer

`--config` takes a file or the bare name of a packaged config; each of its keys
can be overridden with `--config.KEY=VALUE`. The script writes `config.json`,
`metrics.jsonl`, TensorBoard events, `checkpoints/final.keras` and `DONE` into
the workdir. If it is interrupted, repeat the command to continue.
"""

from . import app

if __name__ == "__main__":
    app.define_profile()
    app.parse_with_config()

from .comparison.trainers import expect
from .inspection.profile_steps import profile_callbacks
from .supervised.population import gap_warnings
from .supervised.trainer import train

__all__ = ["train"]


def main(flags):
    """Runs the script."""
    expect("classifier", flags.config)
    callbacks = profile_callbacks(flags.profile, flags.workdir)
    result = train(flags.config, flags.workdir, callbacks=callbacks)
    advice = (
        "Lower --config.optimizer.learning_rate, or clip the gradients with "
        "--config.optimizer.clipnorm=1."
    )
    app.show(result, flags.workdir, advice, gap_warnings(result))


if __name__ == "__main__":
    app.run(main)
