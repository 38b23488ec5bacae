"""What every GAN run can set, with its default."""

import ml_collections

from normzoo.configs import default


def get_config():
    config = ml_collections.ConfigDict()
    config.seed = 0  # kernels, order of the batches, noise
    config.dataset = default.get_config().dataset  # or name "gaussians25"
    config.networks = "dcgan"  # in normzoo.zoo.GANS: dcgan or toy

    config.generator = ml_collections.ConfigDict()
    config.generator.norm = "batch"  # in normzoo.layers.NORMS
    config.generator.base_width = 64
    config.generator.latent_dim = 100
    config.generator.reestimate = True  # batch norms' statistics, to sample
    config.generator.optimizer = _adam()

    config.discriminator = ml_collections.ConfigDict()
    config.discriminator.norm = "batch"  # any but virtual
    config.discriminator.base_width = 64
    config.discriminator.updates = 1  # per update of the generator
    config.discriminator.batch = "separate"  # or joint: real and made in one
    config.discriminator.statistics = "both"  # or real or fake: who moves them
    config.discriminator.optimizer = _adam()

    config.loss = ml_collections.ConfigDict()
    config.loss.name = "non_saturating"  # hinge, least_squares, wasserstein
    config.loss.label_smoothing = 0.0  # one-sided
    config.loss.penalty = 10.0  # of wasserstein: the gradient penalty's weight
    config.loss.on_nan = "raise"  # or restore, ignore

    config.ema_decay = 0.999  # of the generator that makes the samples
    config.batch_size = 64
    config.epochs = 10
    config.steps_per_epoch = 0  # generator updates; 0: one pass over the data
    config.steps_per_execution = 1  # at most; less overhead, coarser logs
    config.validate_every_epochs = 1  # and after the last one
    config.log_every_steps = 100

    config.metrics = ml_collections.ConfigDict()
    config.metrics.features = "classifier"  # raw or inception
    config.metrics.feature_units = 64  # of the classifier
    config.metrics.classifier_epochs = 3
    config.metrics.inception_weights = ""  # file; "": Keras' cache
    config.metrics.cache_dir = ""  # of classifiers; "": ~/.cache/normzoo
    config.metrics.split = "test"  # of the final metrics
    config.metrics.samples = 2048  # at most as many as the split has
    config.metrics.neighbors = 3  # of precision and recall
    config.metrics.seed = 0  # of the noise

    config.checkpoint = ml_collections.ConfigDict()
    config.checkpoint.every_seconds = 60.0  # 0: only at the end
    config.checkpoint.every_steps = 0  # besides; 0: by time alone
    config.checkpoint.keep = 2  # how many of the last ones
    config.checkpoint.best = "val_frechet"  # "": keep no best
    config.checkpoint.best_mode = "min"

    config.distribution = "none"  # or "mirrored", "multi_worker": see docs
    config.precision = "float32"  # mixed_bfloat16, mixed_float16 or auto
    config.jit_compile = False  # XLA
    config.deterministic = True  # bitwise equal on the same machine

    config.compare = default.get_comparison()
    config.compare.metric = "frechet"  # what is judged
    config.compare.least.frechet = 1.0
    config.compare.least.kernel = 0.01
    config.compare.least.precision = config.compare.least.recall = 0.05
    config.compare.least.class_coverage = 0.05
    config.compare.least.class_entropy = 0.05
    config.compare.least.modes = 1.0
    config.compare.least.good = 0.05
    return config


def _adam():
    optimizer = ml_collections.ConfigDict()
    optimizer.name = "adam"  # any Keras optimizer
    optimizer.learning_rate = 2e-4
    optimizer.beta_1 = 0.5  # of the Adams; negative: left out
    optimizer.schedule = "constant"  # or "cosine"
    optimizer.warmup_steps = 0
    optimizer.weight_decay = 0.0
    optimizer.momentum = 0.0  # of "sgd" and "rmsprop"
    optimizer.clipnorm = 0.0  # 0: no clipping
    return optimizer
