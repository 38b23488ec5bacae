"""How far back through time gradients reach, by the initial gamma.

    python -m normzoo.trainers.gradient_flow --workdir=runs/gradients

writes `gradient_flow.svg` and `gradient_flow.csv`: the norm of the gradient of
the loss to each hidden state, of untrained recurrent layers with batch
normalization that read images pixel by pixel. It is the experiment of
figure 1 of [Cooijmans et al., 2017](https://arxiv.org/abs/1603.09025), on the
embedded digits at 28x28 in place of MNIST. Takes a minute.
"""

from absl import flags

from . import app
from .inspection.gradient_flow import GAMMAS, LAYERS, gradient_norms, run

__all__ = ["GAMMAS", "LAYERS", "gradient_norms", "run"]


def main(flags):
    """Runs the script."""
    run(flags.workdir, flags.size)


if __name__ == "__main__":
    flags.DEFINE_integer("size", 28, "Images are size x size pixels.")
    app.define_workdir()
    app.run(main, required=["workdir"])
