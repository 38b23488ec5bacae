"""Which norm a model of the user's own needs: one call."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras

from ..own.norms import registered_in
from ..run.as_found import as_found
from ..supervised.callbacks import name_of
from .answer import Comparison
from .compare import carry_out
from .engines.choosing import chosen
from .engines.settings import Ray
from .own_arguments import code_file, find_data, find_model
from .own_config import make_own_plan
from .own_folder import OwnFolder


@as_found()
def compare_norms(
    model: keras.Model | Callable[[], keras.Model] | str | os.PathLike,
    train: Any,
    validation: Any = None,
    test: Any = None,
    *,
    label: str | Sequence[str] | None = None,
    data_dir: str | os.PathLike | None = None,
    norms: Sequence[Any] | None = None,
    only: Iterable[str] | None = None,
    insert: str | None = None,
    seeds: int | str = "auto",
    tune: bool | Sequence[float] = True,
    epochs: int = 10,
    batch_size: int = 32,
    metric: str = "",
    least: float | None = None,
    start: str = "fresh",
    vary: Mapping[str, Sequence[Any]] | None = None,
    callbacks: str | Callable[[], list[keras.callbacks.Callback]] | None = None,
    workdir: str | os.PathLike | None = None,
    jobs: int = 1,
    engine: str | Ray = "local",
) -> Comparison:
    """Trains a model with several norms and says which one it needs.

    Each norm replaces the model's own, see `replace_norms`. All are trained
    with the same seeds, each at its own best learning rate, and compared by the
    rules of `normzoo.trainers.compare`: runs are paired by seed, measured with
    population statistics, diverged runs count as the worst, and at most 5 % of
    comparisons reach a false verdict. A seed determines the fresh weights, the
    order of the batches and, unless it is given, the validation split.

    Args:
        model: a compiled Keras model with weights, with one input and output
            or several, whose losses, metrics and optimizer are used; its class
            may have its own `call` or `train_step` if its `get_config` can
            create it again. Or a function without arguments that returns such a
            model, or the name of one, `"file.py:function"` or
            `"module:function"`; or the path of a `.keras` file.
        train, validation, test: pairs of inputs and labels, or triples with
            weights of the examples as well. These may be arrays, lists,
            tensors, pandas data frames and series, and, for inputs and labels,
            dicts of these by the names of the model's inputs and outputs. Or a
            `tf.data.Dataset` or a `keras.utils.PyDataset` of pairs or triples;
            a data frame, or the path of a `.csv` or `.parquet` file, with the
            labels in a column; or the path of a folder of images. `train`
            alone may also be the name of a TFDS data set, a folder of images
            with a folder for each split, or a `.npz` file with `x_train`,
            `y_train` and optionally the same for `validation` and `test`.
            Nothing is scaled. A fifth of `train` is held out for each split
            that is missing.
        label: the name of the column of a table that holds the labels, or a
            list of names; None: the last column.
        data_dir: the folder of prepared TFDS data sets; None: TFDS' default.
        norms: normalizations as `layers.get` takes them, and `"as_is"` for the
            unchanged model. The others are compared with the first one. Your
            own norms may be those of `layers.register`, classes or functions
            at the top level of a file, or configurations of layers. None:
            `"as_is"`, `"none"`, `"batch"`, `"layer"` and `"group"`; with
            `insert`, without `"none"`.
        only: which layers to replace, as in `replace_norms`.
        insert: `"before_activation"` or `"after_activation"` puts norms at the
            activations of a model without norms, as in `replace_norms`.
        seeds: number of seeds; `"auto"`: 10, and 20 if those do not decide.
        tune: whether each norm chooses, for each seed and by the validation
            split, from three learning rates: the model's own, a third of it,
            and three times as much. Or a tuple of rates to choose from.
        epochs, batch_size: number of epochs and batch size of the training.
        metric: the metric that is judged on the test split: the name of one of
            the model's metrics, as Keras prints it, or `"loss"`. `""`: the
            first metric, or the loss if there are several outputs.
        least: the smallest difference in that metric that counts. None: half a
            percentage point for a share, such as an accuracy; otherwise 1 % of
            the untrained model's value.
        start: `"fresh"` draws fresh weights by the seed, from the layers' own
            initializers; `"weights"` starts from the weights of the model.
        vary: other settings to vary, a dict from config keys to values that is
            crossed with the norms, such as `{"batch_size": (8, 32)}`. Keys are
            `"batch_size"`, `"epochs"`, `"optimizer.learning_rate"`,
            `"model.weight_norm"`, as in `replace_weight_norms`, and, if norms
            are inserted, `"model.insert"`. Everything is compared with the
            first norm at the first values.
        callbacks: a function without arguments that returns a list of new Keras
            callbacks and is called for each run; or its `"module:function"`.
            Such runs train alone. The state of callbacks is not saved: an
            interrupted run continues with new ones.
        workdir: folder for all files; a second call with the same arguments
            continues there. None: a new folder for temporary files.
        jobs: number of processes of this machine.
        engine: `"local"`; or `"ray"`, or a `Ray` with its settings, to train on
            a cluster.

    Returns:
        A `Comparison`.

    Raises:
        InputError: an argument cannot be used, or the arguments do not fit each
            other; nothing was trained.

    Example:

        import keras
        import normzoo

        model = keras.applications.MobileNetV2(
            (32, 32, 3), alpha=0.35, weights=None, classes=10
        )
        model.compile(
            "adam", "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        found = normzoo.compare_norms(model, (images, labels), epochs=3)
        print(found.sentence)
    """
    chosen_engine = chosen(engine, jobs)
    config_file = code_file(model)
    model = find_model(model)
    data = find_data(
        model, train, validation, test, label=label, data_dir=data_dir
    )
    command = f"normzoo.compare_norms({model.name}, ...)"
    with OwnFolder(workdir) as folder:
        plan, config = make_own_plan(
            model,
            data,
            folder.path,
            norms=norms,
            only=only,
            insert=insert,
            seeds=seeds,
            tune=tune,
            epochs=epochs,
            batch_size=batch_size,
            metric=metric,
            least=least,
            start=start,
            vary=vary,
            callbacks=name_of(callbacks, chosen_engine.instead),
        )
        if chosen_engine.instead:
            # Not told below, where a config file registers them.
            registered_in(plan.every_run, chosen_engine.instead)
        found, summary = carry_out(
            plan,
            config,
            folder.path,
            chosen_engine,
            command,
            config_file,
            started=folder.keep,
        )
    return Comparison(found, summary, folder.path)
