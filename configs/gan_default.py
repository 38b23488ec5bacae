"""What every GAN run can set, with its default."""

import ml_collections

from normzoo.configs import default


def get_config():
    config = ml_collections.ConfigDict()
    config.seed = 0  # draws kernels, order of the batches, noise
    config.dataset = default.get_config().dataset  # or name "gaussians25"
    config.networks = "dcgan"  # "dcgan" or "toy", in zoo.GANS

    config.generator = ml_collections.ConfigDict()
    config.generator.norm = "batch"  # in layers.NORMS
    # Of the kernels, in layers.WEIGHT_NORMS.
    config.generator.weight_norm = "none"
    config.generator.base_width = 64  # channels of the last hidden layer
    config.generator.latent_dim = 100  # size of the noise
    # Whether batch norms' statistics are estimated again, to sample.
    config.generator.reestimate = True
    config.generator.optimizer = get_optimizer()

    config.discriminator = ml_collections.ConfigDict()
    config.discriminator.norm = "batch"  # in layers.NORMS, any but virtual
    # Of the kernels, in layers.WEIGHT_NORMS, such as "spectral".
    config.discriminator.weight_norm = "none"
    config.discriminator.base_width = 64  # channels of the first layer
    config.discriminator.updates = 1  # per update of the generator
    # "separate", or "joint": real and generated in one.
    config.discriminator.batch = "separate"
    # "both", "real" or "fake": which pass moves them.
    config.discriminator.statistics = "both"
    config.discriminator.optimizer = get_optimizer()

    config.loss = ml_collections.ConfigDict()
    # "non_saturating", "hinge", "least_squares" or "wasserstein".
    config.loss.name = "non_saturating"
    config.loss.label_smoothing = 0.0  # one-sided
    config.loss.penalty = 10.0  # weight of the gradient penalty of wasserstein
    config.loss.on_nan = "raise"  # "raise", "restore" or "ignore"

    # Of the averaged generator, which makes the samples.
    config.ema_decay = 0.999
    config.ema_ramp = True  # step t has a decay of (1 + t) / (10 + t) at most
    config.batch_size = 64  # real examples of a step
    config.epochs = 10  # of steps_per_epoch each
    config.steps_per_epoch = 0  # generator updates; 0: one pass over the data
    # At most; more is less overhead and coarser logs.
    config.steps_per_execution = 1
    config.validate_every_epochs = 1  # and after the last one
    config.log_every_steps = 100  # and at steps 1, 2, 4, 8 and so on

    config.metrics = ml_collections.ConfigDict()
    config.metrics.features = "classifier"  # "classifier", "raw" or "inception"
    config.metrics.feature_units = 64  # of the classifier
    config.metrics.classifier_epochs = 3  # that the classifier is trained for
    config.metrics.inception_weights = ""  # a file; "": Keras' cache
    config.metrics.cache_dir = ""  # of classifiers; "": ~/.cache/normzoo
    config.metrics.split = "test"  # of the final metrics
    config.metrics.samples = 2048  # at most as many as the split has
    config.metrics.neighbors = 3  # of precision and recall
    config.metrics.seed = 0  # of the noise

    config.checkpoint = ml_collections.ConfigDict()
    config.checkpoint.every_seconds = 60.0  # 0: not by time
    config.checkpoint.every_steps = 0  # in addition; 0: by time alone
    config.checkpoint.keep = 2  # how many of the last ones stay
    config.checkpoint.best = "val_frechet"  # "": keep no best
    config.checkpoint.best_mode = "min"  # "min" or "max"

    config.distribution = "none"  # "none", "mirrored" or "multi_worker"
    # "float32", "mixed_bfloat16", "mixed_float16" or "auto".
    config.precision = "float32"
    config.jit_compile = False  # XLA; deterministic must be False then
    config.deterministic = True  # bitwise equal on the same machine

    config.compare = default.get_comparison()
    config.compare.metric = "frechet"  # what is judged
    config.compare.least.frechet = 1.0  # the difference that counts
    config.compare.least.kernel = 0.01  # likewise
    # Of precision and recall.
    config.compare.least.precision = config.compare.least.recall = 0.05
    config.compare.least.class_coverage = 0.05  # a share of the classes
    config.compare.least.class_entropy = 0.05  # 1 is uniform
    config.compare.least.modes = 1.0  # of 25
    config.compare.least.good = 0.05  # a share of the points
    return config


def get_optimizer():
    """What the optimizer of each network holds."""
    optimizer = ml_collections.ConfigDict()
    optimizer.name = "adam"  # any Keras optimizer
    optimizer.learning_rate = 2e-4  # the highest one, if there is a schedule
    optimizer.beta_1 = 0.5  # of the Adams; negative: left out
    optimizer.schedule = "constant"  # "constant" or "cosine"
    optimizer.warmup_steps = 0  # steps in which the rate rises from 0
    optimizer.weight_decay = 0.0  # 0: none
    optimizer.momentum = 0.0  # of "sgd" and "rmsprop"
    optimizer.clipnorm = 0.0  # 0: no clipping
    # Of each unit, as a share of its weights' length, such as 0.01; 0: none.
    optimizer.adaptive_clipping = 0.0
    return optimizer
