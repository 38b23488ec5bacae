"""Five normalizations in a small ResNet on scikit-learn's handwritten digits.

    python -m normzoo.trainers.compare --config=digits_resnet --workdir=runs/dr

Nothing is downloaded. The network without a norm starts by Fixup. Each seed
chooses each norm's learning rate by the validation split; verdicts are looked
for after 10, 20 and 40 seeds.
"""

from normzoo.configs import cifar10_resnet, default

sweep = cifar10_resnet.sweep


def get_config():
    config = default.get_config()
    config.model.name = "resnet"
    # One block in each stage, and half the width of CIFAR-10's network.
    config.model.depth = 8
    config.model.width = 8
    config.model.branch_start = "plain"
    config.optimizer.learning_rate = 1e-2
    config.epochs = 10
    # One call into TensorFlow an epoch: the model is that small.
    config.steps_per_execution = 37
    config.compare.baseline = cifar10_resnet.get_config().compare.baseline
    config.compare.looks = (10, 20, 40)
    config.compare.tune.rates = (3e-3, 1e-2, 3e-2)
    return config
