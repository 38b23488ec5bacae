"""PyTorch's ResNet-20, written from He et al. (2015), trained as told.

    python tests/zoo/torch/twin.py DATA NUDGE

needs PyTorch; `resnet.py` beside it writes DATA and says what is in it. The
modules are called as the layers of `zoo.resnet`. It prints a line of JSON for
each epoch.
"""

import json
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

_PER_STAGE, _WIDTH, _CLASSES, _EPSILON = 3, 16, 10, 1e-3


class ResNet(nn.Module):
    """Three stages of blocks, with shortcuts of zeros (option A)."""

    def __init__(self):
        super().__init__()
        self._add("conv", 3, _WIDTH, 1)
        self.blocks, channels = [], _WIDTH
        for i in range(3 * _PER_STAGE):
            stage, in_stage = divmod(i, _PER_STAGE)
            filters = _WIDTH * 2**stage
            strides = 2 if stage and not in_stage else 1
            self._add(f"block_{i}_conv_0", channels, filters, strides)
            self._add(f"block_{i}_conv_1", filters, filters, 1)
            self.blocks.append((i, strides, filters - channels))
            channels = filters
        self.logits = nn.Linear(channels, _CLASSES)

    def _add(self, name, channels, filters, strides):
        conv = nn.Conv2d(channels, filters, 3, strides, padding=1, bias=False)
        self.add_module(name, conv)
        self.add_module(f"norm_{name}", nn.BatchNorm2d(filters, eps=_EPSILON))

    def _normalized(self, name, x):
        norm = self.get_submodule(f"norm_{name}")
        return norm(self.get_submodule(name)(x))

    def forward(self, x):
        """Returns the logits of images, channels first."""
        x = functional.relu(self._normalized("conv", x))
        for i, strides, more in self.blocks:
            y = functional.relu(self._normalized(f"block_{i}_conv_0", x))
            y = self._normalized(f"block_{i}_conv_1", y)
            x = functional.pad(
                x[:, :, ::strides, ::strides], (0, 0, 0, 0, 0, more)
            )
            x = functional.relu(x + y)
        return self.logits(x.mean((2, 3)))


def main(path, nudge):
    """Trains the network and prints losses and accuracies."""
    torch.set_num_threads(1)
    data = np.load(path)
    network = ResNet()
    network.load_state_dict(_start(data, nudge))
    optimizer = torch.optim.SGD(
        network.parameters(), float(data["rate"]), float(data["momentum"])
    )
    images, labels = _images(data["images"]), torch.tensor(data["labels"])
    test_images = _images(data["test_images"])
    for order in torch.tensor(data["orders"]):
        network.train()
        losses = []
        for batch in order:
            loss = functional.cross_entropy(
                network(images[batch]), labels[batch]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        few = order[: int(data["estimated"])]
        _reestimate(network, [images[batch] for batch in few])
        predicted = _predict(network, test_images)
        accuracy = float((predicted == data["test_labels"]).mean())
        print(json.dumps([accuracy, losses]), flush=True)


def _start(data, nudge):
    """Returns the state dict of the start, each weight changed by `nudge`."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name in data["names"]:
        value = torch.tensor(data[f"start/{name}"])
        noise = torch.randn(value.shape, generator=generator)
        state[str(name)] = value * (1 + nudge * noise)
    return state


def _images(pixels):
    return torch.tensor(pixels).permute(0, 3, 1, 2).contiguous() / 255


def _reestimate(network, batches):
    """Sets the moving statistics to the mean of those of all batches."""
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean
    with torch.no_grad():
        for batch in batches:
            network(batch)
    network.eval()


def _predict(network, images):
    with torch.no_grad():
        logits = [network(batch) for batch in images.split(500)]
    return torch.cat(logits).argmax(1).numpy()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
