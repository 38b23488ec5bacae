"""Five normalizations in ResNet-20 on CIFAR-10, three epochs each.

    python -m normzoo.trainers.compare --config=cifar10_resnet \
        --workdir=runs/cr --config.dataset.download=True

The network and optimizer of He et al. (2015); their 164 epochs, with shifted
and mirrored images, take much longer. The network without a norm starts by
Fixup. Each norm chooses its learning rate once, by seeds that the verdicts do
not use; these are looked for after 10 and 20 seeds.
"""

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.dataset.name = "cifar10"
    config.model.name = "resnet"
    config.model.depth = 20
    config.model.width = 16
    config.model.branch_start = "plain"
    config.optimizer.name = "sgd"
    config.optimizer.learning_rate = 0.1
    config.optimizer.momentum = 0.9
    # Keras applies it apart from the momentum, which makes the published 1e-4
    # ten times as large.
    config.optimizer.weight_decay = 1e-3
    config.batch_size = 128
    config.epochs = 3
    config.compare.baseline = "norm=none,branch_start=fixup"
    config.compare.looks = (10, 20)
    config.compare.tune.rates = (0.03, 0.1, 0.3)
    config.compare.tune.once = True
    config.compare.tune.seeds = 2
    return config


def sweep():
    yield {"model.norm": "none", "model.branch_start": "fixup"}
    for norm in ("batch", "layer", "group", "rms"):
        yield {"model.norm": norm}
