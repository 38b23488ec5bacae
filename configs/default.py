"""What every classification run can set, with its default."""

import ml_collections


def get_config():
    config = ml_collections.ConfigDict()
    config.seed = 0  # for kernels, order of batches, dropout

    config.dataset = ml_collections.ConfigDict()
    # A TFDS data set of images, signals or text, a .npz file, or the path of a
    # folder of images.
    config.dataset.name = "digits"
    config.dataset.data_dir = ""  # "": $TFDS_DATA_DIR or TFDS' default
    config.dataset.download = False  # whether TFDS may use the network
    # Such as train[:10%]; "": the data set's own.
    config.dataset.train_split = ""
    config.dataset.train_share = 1.0  # the part of that split to train with
    # "": the data set's own, or else the last tenth of train.
    config.dataset.validation_split = ""
    config.dataset.test_split = ""  # "": the data set's own
    config.dataset.image_size = 0  # pixels per side; 0: not resized
    config.dataset.pooling = 1  # side of the squares that are averaged
    # "rows", "pixels" or "permuted_pixels" makes sequences of images; "spread"
    # gives inputs many scales; "": unchanged.
    config.dataset.view = ""
    # Whether each input gets mean 0 and variance 1 over the training split.
    config.dataset.standardize = False
    config.dataset.window = 100  # characters in an example of text
    # 0 or more: draws train and validation again from both, stratified by
    # label; -1: the splits as they are.
    config.dataset.split_seed = -1

    config.model = ml_collections.ConfigDict()
    config.model.name = "mlp"  # in zoo.MODELS, or module:function
    config.model.norm = "batch"  # in layers.NORMS, or module:function
    # Of the kernels, in layers.WEIGHT_NORMS, or module:function.
    config.model.weight_norm = "none"
    # "before" or "after" the activation; in vit_tiny and mlp_mixer pre- or
    # post-norm.
    config.model.norm_position = "before"
    # Whether there is also a norm before the first layer.
    config.model.normalize_inputs = False
    config.model.activation = "relu"  # of hidden layers; any of Keras'
    config.model.dropout = 0.0  # share of units that are dropped
    # An initializer of Keras that scales the variance, or "random_normal".
    config.model.kernel_initializer = "he_normal"
    config.model.initializer_scale = 1.0  # multiplies the initial kernels
    config.model.depth = 2  # number of hidden layers, or stages of a CNN
    # Units of a hidden layer, or channels of a CNN's first stage.
    config.model.width = 128

    config.optimizer = ml_collections.ConfigDict()
    config.optimizer.name = "adam"  # any Keras optimizer
    # The largest rate, if there is a schedule.
    config.optimizer.learning_rate = 1e-3
    config.optimizer.schedule = "constant"  # "constant" or "cosine"
    config.optimizer.warmup_steps = 0  # steps in which the rate rises from 0
    config.optimizer.weight_decay = 0.0  # 0: none
    config.optimizer.momentum = 0.0  # of "sgd" and "rmsprop"
    config.optimizer.clipnorm = 0.0  # 0: no clipping
    # Of each unit, as a share of its weights' length, such as 0.01; 0: none.
    config.optimizer.adaptive_clipping = 0.0

    # In normzoo.trainers.supervised.task.TASKS; "": chosen by the data.
    config.task = ""
    # Examples in a training step, over all devices together.
    config.batch_size = 32
    config.evaluation_batch_size = 512  # affects only the last bits of results
    config.epochs = 10  # passes over the training data
    # Upper limit; larger values mean less overhead and coarser logs.
    config.steps_per_execution = 1
    config.validate_every_epochs = 1  # and after the last epoch
    config.log_every_steps = 100  # and at steps 1, 2, 4, 8 and so on
    config.probe = ""  # in normzoo.trainers.supervised.probes.PROBES; "": none
    config.probe_every_epochs = 1  # also before the first and after the last
    config.callbacks = ""  # module:function that returns Keras callbacks

    # Statistics of batch norms, computed again for the final weights.
    config.population = ml_collections.ConfigDict()
    # Number of training examples they are computed from, at most an epoch;
    # 0: none, the moving statistics are used.
    config.population.examples = 5000
    config.population.validation = False  # also before each validation

    config.checkpoint = ml_collections.ConfigDict()
    config.checkpoint.every_seconds = 60.0  # between saves; 0: off
    config.checkpoint.every_steps = 0  # in addition; 0: off
    config.checkpoint.keep = 2  # number of latest ones that are kept
    # "val_accuracy", "val_loss" or the like; "": no best one is kept.
    config.checkpoint.best = "val_accuracy"
    config.checkpoint.best_mode = "max"  # "max", or "min" for a loss

    config.distribution = "none"  # "none", "mirrored" or "multi_worker"
    # "float32", "mixed_bfloat16", "mixed_float16" or "auto".
    config.precision = "float32"
    config.jit_compile = False  # by XLA; needs deterministic=False
    config.deterministic = True  # bit-identical on the same machine

    config.compare = get_comparison()
    # What is judged: "accuracy", "loss", for text "bits_per_character", for a
    # regression "root_mean_squared_error".
    config.compare.metric = "accuracy"
    # The variant that the others are compared with.
    config.compare.baseline = "norm=none"
    # The smallest difference that counts: half a percentage point.
    config.compare.least.accuracy = 0.005
    config.compare.least.loss = 0.01  # in nats
    config.compare.least.bits_per_character = 0.01  # in bits
    # For targets with a variance of 1.
    config.compare.least.root_mean_squared_error = 0.01
    # For targets with a variance of 1.
    config.compare.least.mean_absolute_error = 0.01
    return config


def get_comparison():
    """What `config.compare` holds for every trainer."""
    compare = ml_collections.ConfigDict()
    compare.metric = ""  # what is judged
    compare.baseline = ""  # "": the first variant
    # The smallest difference that counts.
    compare.least = ml_collections.ConfigDict()
    # Numbers of seeds after which there are verdicts; (): one verdict, after
    # the seeds of the sweep() or of --seeds.
    compare.looks = ()
    # How runs train that differ only in seeds and rates: "stacked",
    # "call_by_call" or "side_by_side" in one program, or each "alone"; "auto":
    # whatever is fast.
    compare.together = "auto"
    # Whether the seed also draws the train and validation splits.
    compare.vary_split = True
    compare.tune = ml_collections.ConfigDict()
    compare.tune.rates = ()  # learning rates to choose from; (): off
    compare.tune.keys = ()  # other settings, pairs (key, values)
    # False: each seed chooses; True: each variant chooses once, by other seeds.
    compare.tune.once = False
    compare.tune.seeds = 3  # number of other seeds, if tune.once
    compare.tune.first_seed = 1000  # first of the other seeds
    return compare


def get_recurrent_model():
    """What `config.model` holds for a stacked recurrent network."""
    model = ml_collections.ConfigDict()
    model.name = "stacked_rnn"  # in zoo.MODELS
    model.norm = "batch"  # in zoo.RECURRENT_NORMS
    model.weight_norm = "none"  # of the kernels, in layers.WEIGHT_NORMS
    model.cell = "lstm"  # or "gru", "simple", "indrnn"
    model.units = (128,)  # size of each recurrent layer
    model.readout = "last"  # "last" or "all"; for text "each"
    model.bidirectional = False  # whether a second layer reads from the end
    # A number; unset: the norm's default.
    model.gamma_initializer = ml_collections.config_dict.placeholder(float)
    model.momentum = 0.99  # of the moving statistics
    model.dropout = 0.0  # after each layer
    model.recurrent_dropout = 0.0  # of the state, between time steps
    return model
