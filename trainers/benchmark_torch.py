"""PyTorch's normalizations, to compare with where PyTorch is installed."""

import importlib.util


def steps(shape, dtype):
    """Returns callables that run PyTorch's layers forward and backward.

    A dict, empty without PyTorch. Images are channels last in memory.
    """
    if importlib.util.find_spec("torch") is None:
        return {}
    import torch

    dtype = getattr(torch, dtype)
    channels = shape[-1]
    norm = torch.nn.BatchNorm2d if len(shape) == 4 else torch.nn.BatchNorm1d
    x, dy = (torch.randn(shape).to(dtype) for _ in range(2))
    # The axes change places, the memory does not.
    moved = [value.movedim(-1, 1) for value in (x, dy)]
    return {
        "torch batch": _step(norm(channels), *moved),
        "torch layer": _step(torch.nn.LayerNorm(channels).to(dtype), x, dy),
    }


def _step(layer, x, dy):
    import torch

    x = x.detach().requires_grad_()

    def call():
        torch.autograd.grad(layer(x), [x, *layer.parameters()], dy)

    return call
