"""Five normalizations in a CNN on MNIST.

    python -m normzoo.trainers.compare --config=mnist_cnn --workdir=runs/m \
        --config.dataset.download=True

The network and the training are those of Flax' MNIST example (SGD 0.1,
momentum 0.9, batch 128), two epochs of it. How many seeds there are, the
command says: `--seeds=5`, or `--config.compare.looks="(10, 20)"` for verdicts
after 10 and 20. Each norm chooses its learning rate once, by seeds of its own.
"""

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.dataset.name = "mnist"
    config.model.name = "cnn"
    config.model.width = 32
    config.optimizer.name = "sgd"
    config.optimizer.learning_rate = 0.1
    config.optimizer.momentum = 0.9
    config.batch_size = 128
    config.epochs = 2
    # Around Flax' rate. A choice by each seed takes three times
    # the runs.
    config.compare.tune.rates = (0.03, 0.1, 0.3)
    config.compare.tune.once = True
    return config


def sweep():
    for norm in ("none", "batch", "layer", "group", "rms"):
        yield {"model.norm": norm}
