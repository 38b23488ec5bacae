"""Whether trainings skip what overflows, and agree stacked and alone."""

import json
import pathlib
import tempfile

import numpy as np

from ....configs import digits_mlp
from ...comparison.compare import compare
from .. import dcgan
from ..report import Table, answer

_TOO_LARGE = 1e30
_NORMS = ("none", "batch")
#: The largest relative difference of losses.
_TOLERANCE = 1e-3


def loss_scales():
    """Returns the table of a DCGAN in float16 whose loss scales overflow.

    A network whose scale is too large must not change in that step, and its
    scale must be halved; the other one must learn.
    """
    config = dcgan.config(batch=8, width=4)
    config.precision = "mixed_float16"
    gan = dcgan.gan(config, "batch")
    pixels = (8, dcgan.PIXELS, dcgan.PIXELS, 1)
    images = np.random.default_rng(0).uniform(-1, 1, pixels)
    step = dcgan.compiled_step(gan, images)
    rows = []
    for name, player in gan.players.items():
        before = {k: _weights(p) for k, p in gan.players.items()}
        scale = player.optimizer.dynamic_scale
        usual = float(scale)
        scale.assign(_TOO_LARGE)
        step()
        same = {
            k: all(map(np.array_equal, before[k], _weights(p)))
            for k, p in gan.players.items()
        }
        expected = {k: k == name for k in gan.players}
        halved = np.isclose(float(scale), _TOO_LARGE / 2)
        scale.assign(usual)
        rows.append(
            {
                "network": name,
                "left alone": answer(same[name]),
                "scale halved": answer(halved),
                "passed": answer(same == expected and halved),
            }
        )
    return Table("Overflow of a DCGAN's loss scales in float16", rows)


def groups():
    """Returns the table of runs that are trained as one program and alone."""
    config = digits_mlp.get_config()
    config.dataset.train_split = "train[:640]"
    config.epochs = 2
    config.compare.looks = ()
    losses = {}
    with tempfile.TemporaryDirectory() as folder:
        for mode in ("stacked", "alone"):
            config.compare.together = mode
            workdir = pathlib.Path(folder) / mode
            compare(
                config, [{"model.norm": n} for n in _NORMS], workdir, seeds=2
            )
            losses[mode] = {
                path.parent.name: json.loads(path.read_text())["test_loss"]
                for path in sorted(workdir.glob("*/DONE"))
            }
    return Table("Test losses of runs, stacked and alone", _compared(losses))


def _compared(losses):
    return [
        {
            "run": run,
            "stacked": f"{together:.5f}",
            "alone": f"{alone:.5f}",
            "passed": answer(abs(together - alone) <= _TOLERANCE * alone),
        }
        for run, together in losses["stacked"].items()
        for alone in [losses["alone"][run]]
    ]


def _weights(player):
    return [w.numpy() for w in player.network.trainable_weights]
