"""What every GAN run can set, with its default."""

import ml_collections

from normzoo.configs import default


def get_config():
    config = ml_collections.ConfigDict()
    config.seed = 0  # for kernels, order of batches, noise
    config.dataset = default.get_config().dataset  # or name "gaussians25"
    config.networks = "dcgan"  # "dcgan", "sngan", "r3gan" or "toy": zoo.GANS
    # Whether both networks are told the class of an example.
    config.conditional = False

    config.generator = ml_collections.ConfigDict()
    config.generator.norm = "batch"  # in layers.NORMS
    # Of the kernels, in layers.WEIGHT_NORMS.
    config.generator.weight_norm = "none"
    config.generator.base_width = 64  # channels of the last hidden layer
    config.generator.latent_dim = 100  # size of the noise vector
    # Where a conditional one is told the class: "norm", by a scale and a shift
    # of each norm, or "input", beside the noise.
    config.generator.condition = "norm"
    # Whether batch norms' statistics are estimated again before sampling.
    config.generator.reestimate = True
    config.generator.optimizer = get_optimizer()

    config.discriminator = ml_collections.ConfigDict()
    config.discriminator.norm = "batch"  # in layers.NORMS, any but virtual
    # Of the kernels, in layers.WEIGHT_NORMS, such as "spectral".
    config.discriminator.weight_norm = "none"
    config.discriminator.base_width = 64  # channels of the first layer
    # How a conditional one judges the class: "projection", or "auxiliary", by a
    # classifier, as in AC-GAN.
    config.discriminator.condition = "projection"
    config.discriminator.updates = 1  # for each update of the generator
    # "separate", or "joint": real and generated examples in one batch.
    config.discriminator.batch = "separate"
    # "both", "real" or "fake": which examples update the moving statistics.
    config.discriminator.statistics = "both"
    config.discriminator.optimizer = get_optimizer()

    config.loss = ml_collections.ConfigDict()
    # "non_saturating", "hinge", "least_squares", "wasserstein" or
    # "relativistic".
    config.loss.name = "non_saturating"
    config.loss.label_smoothing = 0.0  # one-sided; 0: off
    config.loss.penalty = 10.0  # weight of wasserstein's gradient penalty
    config.loss.on_nan = "raise"  # "raise", "restore" or "ignore"

    # Penalties of the discriminator's gradient, which go with any loss.
    config.regularizers = ml_collections.ConfigDict()
    for name in ("r1", "r2", "gradient_penalty"):
        config.regularizers[name] = ml_collections.ConfigDict()
    # Gamma, times half the gradient's squared length at real examples; 0: off.
    config.regularizers.r1.weight = 0.0
    # In one of so many updates, with the weight times that; 1: in each.
    config.regularizers.r1.every = 1
    config.regularizers.r2.weight = 0.0  # likewise, at generated examples
    config.regularizers.r2.every = 1  # likewise
    # Of the length's squared distance to 1 between both; 0: off.
    config.regularizers.gradient_penalty.weight = 0.0
    config.regularizers.gradient_penalty.every = 1  # likewise

    # Random changes of what the discriminator sees, such as
    # "color,translation,cutout"; "": none.
    config.augmentation = ""

    # Decay of the averaged generator, which makes the samples.
    config.ema_decay = 0.999
    config.ema_ramp = True  # decay at most (1 + t) / (10 + t) at step t
    config.batch_size = 64  # real examples in a step
    config.epochs = 10  # of steps_per_epoch each
    config.steps_per_epoch = 0  # generator updates; 0: one pass over the data
    # Upper limit; larger values mean less overhead and coarser logs.
    config.steps_per_execution = 1
    config.validate_every_epochs = 1  # and after the last epoch
    config.log_every_steps = 100  # and at steps 1, 2, 4, 8 and so on

    config.metrics = ml_collections.ConfigDict()
    config.metrics.features = "classifier"  # "classifier", "raw" or "inception"
    config.metrics.feature_units = 64  # units of the classifier's features
    config.metrics.classifier_epochs = 3  # epochs to train the classifier
    config.metrics.inception_weights = ""  # a file; "": Keras' cache
    config.metrics.cache_dir = ""  # of classifiers; "": ~/.cache/normzoo
    config.metrics.split = "test"  # split for the final metrics
    config.metrics.samples = 2048  # at most as many as the split has
    config.metrics.neighbors = 3  # of precision and recall
    config.metrics.seed = 0  # of the noise

    config.checkpoint = ml_collections.ConfigDict()
    config.checkpoint.every_seconds = 60.0  # between saves; 0: off
    config.checkpoint.every_steps = 0  # in addition; 0: off
    config.checkpoint.keep = 2  # number of latest ones that are kept
    config.checkpoint.best = "val_frechet"  # "": no best one is kept
    config.checkpoint.best_mode = "min"  # "min" or "max"

    config.distribution = "none"  # "none", "mirrored" or "multi_worker"
    # "float32", "mixed_bfloat16", "mixed_float16" or "auto".
    config.precision = "float32"
    config.jit_compile = False  # by XLA; needs deterministic=False
    config.deterministic = True  # bit-identical on the same machine

    config.compare = default.get_comparison()
    config.compare.metric = "frechet"  # what is judged
    config.compare.least.frechet = 1.0  # the smallest difference that counts
    config.compare.least.kernel = 0.01  # likewise
    # Within classes, of a conditional GAN.
    config.compare.least.class_frechet = 1.0
    config.compare.least.class_accuracy = 0.01  # a share of the samples
    # For precision and recall.
    config.compare.least.precision = config.compare.least.recall = 0.05
    config.compare.least.class_coverage = 0.05  # a share of the classes
    config.compare.least.class_entropy = 0.05  # 1 is uniform
    config.compare.least.modes = 1.0  # of 25
    config.compare.least.mode_kl = 0.05  # in nats
    config.compare.least.good = 0.05  # a share of the points
    return config


def get_optimizer():
    """What the optimizer of each network holds."""
    optimizer = ml_collections.ConfigDict()
    optimizer.name = "adam"  # any Keras optimizer
    optimizer.learning_rate = 2e-4  # the largest, if there is a schedule
    optimizer.beta_1 = 0.5  # of Adam variants; negative: left out
    optimizer.schedule = "constant"  # "constant" or "cosine"
    optimizer.warmup_steps = 0  # steps in which the rate rises from 0
    optimizer.weight_decay = 0.0  # 0: none
    optimizer.momentum = 0.0  # of "sgd" and "rmsprop"
    optimizer.clipnorm = 0.0  # 0: no clipping
    # Of each unit, as a share of its weights' length, such as 0.01; 0: none.
    optimizer.adaptive_clipping = 0.0
    return optimizer
