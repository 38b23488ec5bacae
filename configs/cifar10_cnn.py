"""Five normalizations in a CNN on CIFAR-10, one epoch each.

    python -m normzoo.trainers.compare --config=cifar10_cnn --workdir=runs/c \
        --config.dataset.download=True

The network, optimizer and batches of `mnist_cnn`. Each norm chooses its
learning rate once, by seeds that the verdicts do not use; these are looked for
after 10 and 20 seeds.
"""

from normzoo.configs import mnist_cnn

sweep = mnist_cnn.sweep


def get_config():
    config = mnist_cnn.get_config()
    config.dataset.name = "cifar10"
    config.optimizer.learning_rate = 0.03
    # So early the moving statistics are far behind the weights.
    config.epochs = 1
    config.compare.looks = (10, 20)
    # Around the rate above, lower than MNIST's. Three norms chose the smallest
    # of (0.01, 0.03, 0.1), so the grid now goes further down.
    config.compare.tune.rates = (0.003, 0.01, 0.03, 0.1)
    # Of up to 140 runs 40 choose.
    config.compare.tune.seeds = 2
    return config
