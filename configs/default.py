"""What every classification run can set, with its default."""

import ml_collections


def get_config():
    config = ml_collections.ConfigDict()
    config.seed = 0  # draws kernels, order of the batches, dropout

    config.dataset = ml_collections.ConfigDict()
    # Any TFDS set of images or a text, or a .npz file.
    config.dataset.name = "digits"
    config.dataset.data_dir = ""  # "": $TFDS_DATA_DIR or TFDS' own default
    config.dataset.download = False  # whether TFDS may use the network
    config.dataset.train_split = ""  # such as train[:10%]; "": the set's own
    # "": the set's own, or the last tenth of train.
    config.dataset.validation_split = ""
    config.dataset.test_split = ""  # "": the set's own
    config.dataset.image_size = 0  # resizes to a square; 0 keeps the size
    config.dataset.pooling = 1  # averages over squares of so many pixels
    # "rows", "pixels", "permuted_pixels": sequences; "spread": many scales.
    config.dataset.view = ""
    # Each value to mean 0 and variance 1 over the training split.
    config.dataset.standardize = False
    config.dataset.window = 100  # characters in an example of a text
    # From 0: draws train and validation again from both, stratified by label.
    config.dataset.split_seed = -1

    config.model = ml_collections.ConfigDict()
    config.model.name = "mlp"  # in zoo.MODELS, or module:function
    config.model.norm = "batch"  # in layers.NORMS, or module:function
    # Of the kernels, in layers.WEIGHT_NORMS, or module:function.
    config.model.weight_norm = "none"
    config.model.norm_position = "before"  # "before" or "after" the activation
    # Whether a norm is before the first layer, too.
    config.model.normalize_inputs = False
    config.model.activation = "relu"  # of the hidden layers, any of Keras'
    config.model.dropout = 0.0  # share of units that are dropped
    config.model.kernel_initializer = "he_normal"  # any of Keras'
    config.model.initializer_scale = 1.0  # factor of the initial kernels
    config.model.depth = 2  # number of hidden layers, of a CNN of stages
    # Units of a layer, of a CNN channels of the first stage.
    config.model.width = 128

    config.optimizer = ml_collections.ConfigDict()
    config.optimizer.name = "adam"  # any Keras optimizer
    # The highest one, if there is a schedule.
    config.optimizer.learning_rate = 1e-3
    config.optimizer.schedule = "constant"  # "constant" or "cosine"
    config.optimizer.warmup_steps = 0  # steps in which the rate rises from 0
    config.optimizer.weight_decay = 0.0  # 0: none
    config.optimizer.momentum = 0.0  # of "sgd" and "rmsprop"
    config.optimizer.clipnorm = 0.0  # 0: no clipping
    # Of each unit, as a share of its weights' length, such as 0.01; 0: none.
    config.optimizer.adaptive_clipping = 0.0

    # In normzoo.trainers.supervised.task.TASKS; "": what fits the data.
    config.task = ""
    # Examples of a training step, on all devices together.
    config.batch_size = 32
    config.evaluation_batch_size = 512  # changes no result but its last bits
    config.epochs = 10  # passes over the training data
    # At most; more is less overhead and coarser logs.
    config.steps_per_execution = 1
    config.validate_every_epochs = 1  # and after the last one
    config.log_every_steps = 100  # and at steps 1, 2, 4, 8 and so on
    config.probe = ""  # in normzoo.trainers.supervised.probes.PROBES; "": none
    config.probe_every_epochs = 1  # and before the first, and after the last
    config.callbacks = ""  # module:function that returns Keras callbacks

    # Statistics of batch norms, computed again for the final weights.
    config.population = ml_collections.ConfigDict()
    # From so many training examples, at most an epoch; 0: never.
    config.population.examples = 5000
    config.population.validation = False  # before each validation, too

    config.checkpoint = ml_collections.ConfigDict()
    config.checkpoint.every_seconds = 60.0  # 0: not by time
    config.checkpoint.every_steps = 0  # in addition; 0: by time alone
    config.checkpoint.keep = 2  # how many of the last ones stay
    # "val_accuracy", "val_loss" or the like; "": keep no best.
    config.checkpoint.best = "val_accuracy"
    config.checkpoint.best_mode = "max"  # "max", or "min" for a loss

    config.distribution = "none"  # "none", "mirrored" or "multi_worker"
    # "float32", "mixed_bfloat16", "mixed_float16" or "auto".
    config.precision = "float32"
    config.jit_compile = False  # XLA; deterministic must be False then
    config.deterministic = True  # bitwise equal on the same machine

    config.compare = get_comparison()
    # What is judged: "accuracy", "loss", of a text "bits_per_character", of a
    # regression "root_mean_squared_error".
    config.compare.metric = "accuracy"
    # The variant that the others are compared with.
    config.compare.baseline = "norm=none"
    # The difference that counts, half a point.
    config.compare.least.accuracy = 0.005
    config.compare.least.loss = 0.01  # in nats
    config.compare.least.bits_per_character = 0.01  # in bits
    # Of targets with a variance of 1.
    config.compare.least.root_mean_squared_error = 0.01
    # Of targets with a variance of 1.
    config.compare.least.mean_absolute_error = 0.01
    return config


def get_comparison():
    """What `config.compare` holds for every trainer."""
    compare = ml_collections.ConfigDict()
    compare.metric = ""  # what is judged
    compare.baseline = ""  # "": the first variant
    compare.least = ml_collections.ConfigDict()  # difference that counts
    # Numbers of seeds after which there are verdicts; (): those of the sweep()
    # or of --seeds, once.
    compare.looks = ()
    # How runs train that differ in seeds and rates alone: "stacked",
    # "call_by_call" or "side_by_side" in one program, or each "alone"; "auto":
    # what is fast.
    compare.together = "auto"
    # Whether the seed draws train and validation, too.
    compare.vary_split = True
    compare.tune = ml_collections.ConfigDict()
    compare.tune.rates = ()  # learning rates to choose from; (): no choice
    compare.tune.keys = ()  # more to choose from, pairs (key, values)
    # False: each seed chooses; True: once for each variant, by other seeds.
    compare.tune.once = False
    compare.tune.seeds = 3  # how many other seeds, if tune.once
    compare.tune.first_seed = 1000  # where the other seeds begin
    return compare


def get_recurrent_model():
    """What `config.model` holds for a stacked recurrent network."""
    model = ml_collections.ConfigDict()
    model.name = "stacked_rnn"  # in zoo.MODELS
    model.norm = "batch"  # in zoo.RECURRENT_NORMS
    model.weight_norm = "none"  # of the kernels, in layers.WEIGHT_NORMS
    model.cell = "lstm"  # "lstm", "gru" or "simple"
    model.units = (128,)  # one number for each recurrent layer
    model.readout = "last"  # "last" or "all"; of a text "each"
    model.bidirectional = False  # whether a second layer reads from the end
    # A number; unset: what the norm has.
    model.gamma_initializer = ml_collections.config_dict.placeholder(float)
    model.momentum = 0.99  # of the moving statistics
    model.dropout = 0.0  # behind each layer
    model.recurrent_dropout = 0.0  # of the state, from step to step
    return model
