"""What every classification run can set, with its default."""

import ml_collections


def get_config():
    config = ml_collections.ConfigDict()
    config.seed = 0  # kernels, order of the batches, dropout

    config.dataset = ml_collections.ConfigDict()
    config.dataset.name = "digits"  # any TFDS set of images or a text
    config.dataset.data_dir = ""  # "": $TFDS_DATA_DIR or TFDS' own default
    config.dataset.download = False  # whether TFDS may use the network
    config.dataset.train_split = ""  # "": the set's own, see docs
    config.dataset.validation_split = ""
    config.dataset.test_split = ""
    config.dataset.image_size = 0  # resize to a square; 0 keeps the size
    config.dataset.pooling = 1  # average over squares of so many pixels
    # "rows", "pixels", "permuted_pixels": sequences; "spread": many scales
    config.dataset.view = ""
    # Each value to mean 0 and variance 1 over the training split.
    config.dataset.standardize = False
    config.dataset.window = 100  # characters in an example of a text
    # From 0: draws train and validation again from both, stratified by label.
    config.dataset.split_seed = -1

    config.model = ml_collections.ConfigDict()
    config.model.name = "mlp"  # in zoo.MODELS, or module:function
    config.model.norm = "batch"  # in layers.NORMS, or module:function
    config.model.norm_position = "before"  # or "after" the activation
    config.model.normalize_inputs = False
    config.model.activation = "relu"
    config.model.dropout = 0.0
    config.model.kernel_initializer = "he_normal"
    config.model.initializer_scale = 1.0
    config.model.depth = 2
    config.model.width = 128

    config.optimizer = ml_collections.ConfigDict()
    config.optimizer.name = "adam"  # any Keras optimizer
    config.optimizer.learning_rate = 1e-3
    config.optimizer.schedule = "constant"  # or "cosine"
    config.optimizer.warmup_steps = 0
    config.optimizer.weight_decay = 0.0
    config.optimizer.momentum = 0.0  # of "sgd" and "rmsprop"
    config.optimizer.clipnorm = 0.0  # 0: no clipping

    # In normzoo.trainers.supervised.task.TASKS; "": what fits the data.
    config.task = ""
    config.batch_size = 32
    config.evaluation_batch_size = 512
    config.epochs = 10
    config.steps_per_execution = 1  # at most; less overhead, coarser logs
    config.validate_every_epochs = 1  # and after the last one
    config.log_every_steps = 100
    config.probe = ""  # in normzoo.trainers.supervised.probes.PROBES
    config.probe_every_epochs = 1  # and before the first, and after the last
    config.callbacks = ""  # module:function that returns Keras callbacks

    # Statistics of batch norms, computed again for the final weights.
    config.population = ml_collections.ConfigDict()
    # From as many batches of the training's size as hold so many examples, at
    # most an epoch; 0: never.
    config.population.examples = 5000
    config.population.validation = False  # before each validation, too

    config.checkpoint = ml_collections.ConfigDict()
    config.checkpoint.every_seconds = 60.0  # 0: only at the end
    config.checkpoint.every_steps = 0  # besides; 0: by time alone
    config.checkpoint.keep = 2  # how many of the last ones
    config.checkpoint.best = "val_accuracy"  # or val_loss; "": keep no best
    config.checkpoint.best_mode = "max"  # or "min", for a loss

    config.distribution = "none"  # or "mirrored", "multi_worker": see docs
    config.precision = "float32"  # mixed_bfloat16, mixed_float16 or auto
    config.jit_compile = False  # XLA
    config.deterministic = True  # bitwise equal on the same machine

    config.compare = get_comparison()
    # What is judged; or "loss", of a text "bits_per_character", of a regression
    # "root_mean_squared_error".
    config.compare.metric = "accuracy"
    config.compare.baseline = "norm=none"  # the paired differences' base
    config.compare.least.accuracy = 0.005
    config.compare.least.loss = 0.01
    config.compare.least.bits_per_character = 0.01
    # Of targets with a variance of 1.
    config.compare.least.root_mean_squared_error = 0.01
    config.compare.least.mean_absolute_error = 0.01
    return config


def get_comparison():
    """What `config.compare` holds for every trainer."""
    compare = ml_collections.ConfigDict()
    compare.metric = ""
    compare.baseline = ""  # "": the first variant
    compare.least = ml_collections.ConfigDict()  # difference that counts
    # Numbers of seeds after which verdicts are looked for; (): those of the
    # sweep() or of --seeds, once.
    compare.looks = ()
    # How runs that differ in seeds and rates alone train: "stacked" or
    # "side_by_side", all in one program, or each "alone"; "auto": what is fast.
    compare.together = "auto"
    compare.vary_split = True  # train and validation are drawn by the seed
    compare.tune = ml_collections.ConfigDict()
    compare.tune.rates = ()  # learning rates to choose from; (): no choice
    compare.tune.keys = ()  # (key, values) to choose from besides
    # False: each seed chooses; True: once for each variant, by other seeds.
    compare.tune.once = False
    compare.tune.seeds = 3  # of tune.once
    compare.tune.first_seed = 1000
    return compare


def get_recurrent_model():
    """What `config.model` holds for a stacked recurrent network."""
    model = ml_collections.ConfigDict()
    model.name = "stacked_rnn"
    model.norm = "batch"  # in normzoo.zoo.RECURRENT_NORMS
    model.cell = "lstm"  # or "gru", "simple"
    model.units = (128,)  # one number for each recurrent layer
    model.readout = "last"  # or "all"; of a text "each"
    model.bidirectional = False
    # A number; unset, what the norm has.
    model.gamma_initializer = ml_collections.config_dict.placeholder(float)
    model.momentum = 0.99  # of the moving statistics
    model.dropout = 0.0
    model.recurrent_dropout = 0.0
    return model
