"""MNIST-1D's published table: logistic regression, 32 %.

    python -m normzoo.trainers.compare --config=mnist1d_logistic \
        --workdir=runs/logistic

The training of the paper (Greydanus and Kobak, 2024) and of its notebook: all
4,000 examples, 6,000 steps of Adam 0.01 with batches of 100, PyTorch's initial
kernels. It needs `pip install mnist1d`; half a minute on two cores.
"""

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.dataset.name = "mnist1d"
    # As published, nothing is held out, and nothing is chosen by it.
    config.dataset.train_split = "train"
    config.dataset.validation_split = "train[90%:]"
    config.compare.vary_split = False  # the two share examples
    config.model.norm = "none"
    config.model.depth = 0
    # Uniform up to 1 / sqrt(fan_in).
    config.model.kernel_initializer = "lecun_uniform"
    config.model.initializer_scale = 3**-0.5
    config.optimizer.learning_rate = 1e-2
    config.batch_size = 100
    config.evaluation_batch_size = 1000
    config.epochs = 150
    config.steps_per_execution = 40
    return config


def sweep():
    for seed in range(5):
        yield {"model.norm": "none", "seed": seed}
