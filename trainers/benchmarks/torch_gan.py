"""PyTorch's twin of our DCGAN, in the process of `remote.torch_calls`."""


def steps(dtype, batch, width):
    """Returns name -> callable that trains both networks once.

    The same networks, losses and optimizers as in `dcgan.step`, the same passes
    per step; no moving average and no logs. With one thread, too: on a busy
    machine PyTorch's threads wait for each other.
    """
    import torch

    counts = sorted({1, torch.get_num_threads()})
    return {
        f"torch batch, threads={threads}": _step(dtype, batch, width, threads)
        for threads in counts
    }


def _step(dtype, batch, width, threads):
    import torch

    generator, discriminator = _generator(width), _discriminator(width)
    optimizers = [
        torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999))
        for network in (generator, discriminator)
    ]
    of_generator, of_discriminator = optimizers
    softplus = torch.nn.functional.softplus
    real = torch.rand(batch, 1, 28, 28) * 2 - 1
    half = dtype == "bfloat16"

    def call():
        torch.set_num_threads(threads)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            fakes = generator(torch.randn(batch, 100))
            loss = softplus(-discriminator(real)).mean()
            loss += softplus(discriminator(fakes.detach())).mean()
        of_discriminator.zero_grad()
        loss.backward()
        of_discriminator.step()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = softplus(-discriminator(fakes)).mean()
        of_generator.zero_grad()
        loss.backward()
        of_generator.step()
        return loss.item()

    return call


def _generator(width):
    from torch import nn

    return nn.Sequential(
        nn.Linear(100, 7 * 7 * 2 * width, bias=False),
        nn.Unflatten(1, (2 * width, 7, 7)),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1),
        nn.Tanh(),
    )


def _discriminator(width):
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(7 * 7 * 2 * width, 1),
    )
