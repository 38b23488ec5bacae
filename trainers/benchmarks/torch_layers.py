"""PyTorch's layers, in the process that `remote.torch_calls` starts."""


def steps(shape, dtype):
    """Returns callables that run PyTorch's layers forward and backward.

    Images are channels last in memory. Each
    layer is there with one thread, too, because PyTorch's threads wait for each
    other, and on a machine that has other work all threads are the slower way.
    """
    import torch

    dtype = getattr(torch, dtype)
    channels = shape[-1]
    norm = torch.nn.BatchNorm2d if len(shape) == 4 else torch.nn.BatchNorm1d
    x, dy = (torch.randn(shape).to(dtype) for _ in range(2))
    # The axes change places, the memory does not.
    moved = [value.movedim(-1, 1) for value in (x, dy)]
    subjects = {
        "torch batch": (norm(channels), *moved),
        "torch layer": (torch.nn.LayerNorm(channels).to(dtype), x, dy),
    }
    return {
        f"{name}, threads={threads}": _step(*subject, threads)
        for name, subject in subjects.items()
        for threads in sorted({1, torch.get_num_threads()})
    }


def lstm_steps(shape, units, dtype):
    """Returns callables that train PyTorch's LSTM on one batch, with Adam.

    They have one thread: more wait for each other at each step, up to 50 times
    as long as they work on a machine that has other work.

    Args:
        shape: (batch, steps, features).
        units: the size of the state.
        dtype: of the weights and inputs.
    """
    import torch

    dtype = getattr(torch, dtype)
    lstm = torch.nn.LSTM(shape[-1], units, batch_first=True).to(dtype)
    optimizer = torch.optim.Adam(lstm.parameters())
    x = torch.randn(shape).to(dtype)

    def train():
        torch.set_num_threads(1)
        optimizer.zero_grad()
        lstm(x)[0][:, -1].square().mean().backward()
        optimizer.step()

    return {"torch LSTM, threads=1": train}


def _step(layer, x, dy, threads):
    import torch

    x = x.detach().requires_grad_()

    def call():
        torch.set_num_threads(threads)
        torch.autograd.grad(layer(x), [x, *layer.parameters()], dy)

    return call
