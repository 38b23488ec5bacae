"""Which norm a model of the user's own needs: one call."""

from ..run.as_found import as_found
from ..supervised.callbacks import name_of
from .answer import Comparison
from .compare import carry_out
from .own_arguments import find_data, find_model
from .own_config import make_own_plan
from .own_folder import OwnFolder


@as_found()
def compare_norms(
    model,
    train,
    validation=None,
    test=None,
    *,
    label=None,
    data_dir=None,
    norms=None,
    only=None,
    insert=None,
    seeds="auto",
    tune=True,
    epochs=10,
    batch_size=32,
    metric="",
    least=None,
    start="fresh",
    vary=None,
    callbacks=None,
    workdir=None,
    jobs=1,
):
    """Trains a model with several norms and says which one it needs.

    Each norm takes the place of the model's own, see `replace_norms`. All are
    trained with the same seeds, each at its own best learning rate, and are
    compared by the rules of `normzoo.trainers.compare`: paired by seed,
    population statistics, diverged runs count as worst, and at most 5 % of
    comparisons say something false. A seed draws the fresh weights, the order
    of the batches, and the validation split unless that is given.

    Args:
        model: a compiled Keras model with weights, with one input and output
            or several, whose losses, metrics and optimizer are used; its class
            may have a `call` or a `train_step` of its own if its `get_config`
            makes it again. Or a function without arguments that returns one,
            or its `"file.py:function"` or `"module:function"`; or the path of
            a `.keras` file.
        train, validation, test: pairs of inputs and labels, or these and
            weights of the examples, which may be arrays, lists, tensors,
            pandas' frames and series; inputs and labels also dicts of such by
            the names of the model's inputs and outputs; a `tf.data.Dataset` or
            a `keras.utils.PyDataset` of pairs or triples; a frame, or the path
            of a `.csv` or `.parquet` file, with the labels in a column; the
            path of a folder of images. Or `train` alone is the name of a TFDS
            set, a folder of images with a folder for each split, or a `.npz`
            file with `x_train`, `y_train` and perhaps the same of `validation`
            and `test`. Nothing is scaled. A fifth of `train` is held out for
            each split that is not there.
        label: the name of the column of a table that holds the labels, or a
            list of several; None: the last column.
        data_dir: of a TFDS set, the folder of the prepared sets; None: TFDS'
            own.
        norms: what `layers.get` takes, and `"as_is"`, the model unchanged. The
            first one is what the others are compared with. Norms of your own
            are those of `layers.register`, classes or functions at the top
            level of a file, or configurations of layers. None: `"as_is"`,
            `"none"`, `"batch"`, `"layer"` and `"group"`; with `insert` without
            `"none"`.
        only: which layers make room for them, as of `replace_norms`.
        insert: `"before_activation"` or `"after_activation"` puts norms around
            the activations of a model without norms, as of `replace_norms`.
        seeds: how many; `"auto"`: 10, and 20 where those do not decide.
        tune: whether each seed and norm chooses from three learning rates by
            the validation split: the model's own, and a third and three times
            as much; or the rates to choose from.
        epochs, batch_size: of the training.
        metric: the name of one of the model's metrics as Keras prints it, or
            `"loss"`, that is judged on the test split; `""`: the first metric,
            of several outputs the loss.
        least: the difference of it that counts. None: half a percentage point
            of a share, such as an accuracy; 1 % of what the untrained model
            has of others.
        start: `"fresh"` weights, drawn by the seed from the layers' own
            initializers; or those of the model, `"weights"`.
        vary: what else varies, dict of a config key and its values, crossed
            with the norms: `{"batch_size": (8, 32)}`. Keys are `"batch_size"`,
            `"epochs"`, `"optimizer.learning_rate"`, `"model.weight_norm"`, as
            of `replace_weight_norms`, and, where norms are inserted,
            `"model.insert"`. All are compared with the first norm at
            the first values.
        callbacks: a function without arguments that returns a list of new Keras
            callbacks, for each run its own; or its `"module:function"`. Such
            runs train alone. What a callback remembers is not saved: a run that
            was interrupted goes on with new ones.
        workdir: folder for everything: a second call with the same arguments
            continues there. None: a new one below the folder for temporary
            files.
        jobs: number of processes.

    Returns:
        A `Comparison`.

    Raises:
        InputError: something does not fit; nothing is trained then.

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
            callbacks=name_of(callbacks, jobs),
        )
        found, summary = carry_out(
            plan, config, folder.path, jobs, command, started=folder.keep
        )
    return Comparison(found, summary, folder.path)
