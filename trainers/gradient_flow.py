"""Measures how far back in time gradients reach, by initial gamma.

    python -m normzoo.trainers.gradient_flow --workdir=runs/gradients

writes `gradient_flow.svg` and `gradient_flow.csv`: the norm of the loss
gradient with respect to each hidden state, for untrained recurrent layers with
batch normalization that read images pixel by pixel. This is the experiment of
figure 1 of [Cooijmans et al., 2017](https://arxiv.org/abs/1603.09025), on the
embedded digits, enlarged to 28x28, instead of MNIST. It takes about a minute.
"""

from absl import flags

from . import app

if __name__ == "__main__":
    flags.DEFINE_integer(
        "size", 28, "Width and height of the images in pixels."
    )
    app.define_workdir()
    app.parse(required=["workdir"])

from .inspection.gradient_flow import GAMMAS, LAYERS, gradient_norms, run

__all__ = ["GAMMAS", "LAYERS", "gradient_norms", "run"]


def main(flags):
    """Runs the script."""
    run(flags.workdir, flags.size)


if __name__ == "__main__":
    app.run(main)
