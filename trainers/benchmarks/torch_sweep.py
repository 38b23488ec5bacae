"""PyTorch's twin of the demo's runs, as a script: `python FILE SEEDS`.

Five norms in an MLP on the digits, 30 epochs each, validated after every epoch.
It writes no files and chooses nothing, as the loop that one writes oneself.
"""

import sys

NORMS = ("none", "batch", "layer", "group", "rms")
_EPOCHS, _BATCH, _WIDTH = 30, 32, 128


def main(seeds):
    """Trains every norm with each seed, one after the other."""
    import torch

    splits = _digits(torch)
    for norm in NORMS:
        for seed in range(seeds):
            torch.manual_seed(seed)
            accuracy = _train(torch, norm, *splits)
            print(norm, seed, f"{accuracy:.4f}")


def _digits(torch):
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(labels), generator=generator)
    images = torch.tensor(images / 16, dtype=torch.float32)[order]
    labels = torch.tensor(labels)[order]
    return [
        (images[part], labels[part])
        for part in (slice(1204), slice(1204, 1501), slice(1501, None))
    ]


def _model(torch, norm):
    nn = torch.nn
    make = {
        "none": nn.Identity,
        "batch": lambda: nn.BatchNorm1d(_WIDTH),
        "layer": lambda: nn.LayerNorm(_WIDTH),
        "group": lambda: nn.GroupNorm(8, _WIDTH),
        "rms": lambda: nn.RMSNorm(_WIDTH),
    }[norm]
    layers = []
    for inputs in (64, _WIDTH):
        layers += [nn.Linear(inputs, _WIDTH), make(), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(_WIDTH, 10))


def _train(torch, norm, train, validation, test):
    model = _model(torch, norm)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    loss_of = torch.nn.CrossEntropyLoss()
    images, labels = train
    steps = len(labels) // _BATCH
    for _ in range(_EPOCHS):
        model.train()
        order = torch.randperm(len(labels))[: steps * _BATCH]
        for batch in order.split(_BATCH):
            optimizer.zero_grad()
            loss_of(model(images[batch]), labels[batch]).backward()
            optimizer.step()
        _accuracy(torch, model, *validation)
    return _accuracy(torch, model, *test)


def _accuracy(torch, model, images, labels):
    model.train(False)
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


if __name__ == "__main__":
    main(int(sys.argv[1]))
