"""Writes inputs, state dicts and outputs of PyTorch's modules.

    python tests/layers/exchange/torch/make.py

needs PyTorch and writes `modules.npz` beside this file.
"""

import pathlib

import numpy as np
import torch

BATCH, CHANNELS = 3, 4
nn = torch.nn

MODULES = {
    "batch_1d": (nn.BatchNorm1d(CHANNELS), (CHANNELS,)),
    "batch_2d": (nn.BatchNorm2d(CHANNELS), (CHANNELS, 2, 3)),
    "layer": (nn.LayerNorm((2, CHANNELS)), (2, CHANNELS)),
    "group": (nn.GroupNorm(2, CHANNELS), (CHANNELS, 2, 3)),
    "rms": (nn.RMSNorm(CHANNELS, eps=1e-5), (CHANNELS,)),
    "instance": (nn.InstanceNorm2d(CHANNELS, affine=True), (CHANNELS, 2, 3)),
    "linear": (nn.Linear(CHANNELS, 2), (CHANNELS,)),
    "conv": (nn.Conv2d(CHANNELS, 6, (2, 3), groups=2), (CHANNELS, 4, 4)),
    "lstm": (nn.LSTM(CHANNELS, 3, batch_first=True), (5, CHANNELS)),
    "gru": (nn.GRU(CHANNELS, 3, batch_first=True), (5, CHANNELS)),
    "rnn": (nn.RNN(CHANNELS, 3, batch_first=True), (5, CHANNELS)),
    "both_ways": (
        nn.GRU(CHANNELS, 3, num_layers=2, batch_first=True, bidirectional=True),
        (5, CHANNELS),
    ),
}


def randomize(module):
    """Gives all weights values that are not those of the start."""
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            value.normal_()
            if name.endswith("running_var"):
                value.abs_().add_(0.1)


def outputs(module, x):
    """Returns the outputs in inference, of a recurrent one in all steps."""
    with torch.no_grad():
        y = module.eval()(x)
    return (y[0] if isinstance(y, tuple) else y).numpy()


def main():
    """Writes the file."""
    torch.manual_seed(0)
    arrays = {}
    for name, (module, shape) in MODULES.items():
        randomize(module)
        x = torch.randn(BATCH, *shape)
        arrays[f"{name}/x"], arrays[f"{name}/y"] = x.numpy(), outputs(module, x)
        for key, value in module.state_dict().items():
            arrays[f"{name}/state/{key}"] = value.numpy()
    path = pathlib.Path(__file__).parent / "modules.npz"
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main()
