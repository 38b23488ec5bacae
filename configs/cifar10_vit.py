"""Pre- and post-norm in a small vision transformer on CIFAR-10, three epochs.

    python -m normzoo.trainers.compare --config=cifar10_vit \
        --workdir=runs/cv --config.dataset.download=True

Each branch of the network without a norm has a scalar that starts at 0. Each
variant chooses its learning rate once, by seeds that the verdicts do not use;
these are looked for after 10 and 20 seeds.
"""

from normzoo.configs import digits_vit

sweep = digits_vit.sweep


def get_config():
    config = digits_vit.get_config()
    config.dataset.name = "cifar10"
    # 64 tokens, and half the depth and two thirds of the width of DeiT's tiny.
    config.model.patch_size = 4
    config.model.depth = 6
    config.model.width = 128
    config.model.head_width = 64
    config.optimizer.learning_rate = 1e-3
    config.batch_size = 128
    config.epochs = 3
    config.steps_per_execution = 1
    config.compare.looks = (10, 20)
    config.compare.tune.rates = (3e-4, 1e-3, 3e-3)
    config.compare.tune.once = True
    config.compare.tune.seeds = 2
    return config
