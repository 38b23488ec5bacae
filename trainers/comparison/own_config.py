"""From a model and arrays of the user's own to the plan of a comparison."""

import tensorflow as tf
from ml_collections import ConfigDict, config_dict

from ...configs import default
from ...layers.models.selection import chosen_paths
from ...layers.registry import registered
from ..common.errors import InputError
from ..data import array_files, nested
from ..own import files
from ..own import norms as own
from ..own.compiled import compile_arguments
from ..own.measures import metrics_of
from ..own.models import AS_IS, build
from ..own.optimizers import learning_rate_of
from ..own.starts import STARTS
from ..run.values import check_name
from ..supervised.task import COMPILED
from .procedure.axes import product, varied
from .procedure.designing import make_plan

#: Those that are compared if none are named.
NORMS = (AS_IS, "none", "batch", "layer", "group")
#: The same where `insert` puts norms into a model without any.
INSERTED = (AS_IS, "batch", "layer", "group")
#: Numbers of seeds after which `seeds="auto"` looks for verdicts.
LOOKS = (10, 20)
#: Factors of the model's own learning rate that `tune=True` chooses from.
FACTORS = (10**-0.5, 1.0, 10**0.5)
#: Of a metric that is a share, the difference that counts; of others, the
#: part of what the untrained model has.
LEAST_SHARE, LEAST_PART = 0.005, 0.01

RATE = "optimizer.learning_rate"
#: What can vary besides the norms: the model brings along all else.
VARIED = ("batch_size", "epochs", RATE, "model.weight_norm")

_EXAMPLES = 1000  # that the untrained model is measured with, at most


def make_own_plan(
    model,
    data,
    workdir,
    *,
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
    callbacks="",
):
    """Returns the `Plan` of a comparison, and its config.

    The model and the arrays are written into the folder, unless they are there.

    Args:
        model: from `find_model`.
        data: from `find_data`.
        workdir: the path of an `OwnFolder`.
        norms, only, insert, seeds, tune, epochs: as of `norms.compare_norms`.
        batch_size, metric, least, start, vary: the same.
        callbacks: as of `config.callbacks`.
    """
    if norms is None:
        norms = INSERTED if insert else NORMS
    norms = _norms(norms)
    check_name("start", start, STARTS)
    names = [each.name for each in metrics_of(model)]
    metric = metric or names[0]
    check_name("metric", metric, names)
    # A variant's is a text, or describes one of the user's own.
    norm = config_dict.placeholder(object)
    knobs = {"norm": norm, "only": _paths(model, only), "start": start}
    if insert:  # Configs of older versions have no such key.
        knobs["insert"] = insert
    vary = varied(vary, [*VARIED, *(["model.insert"] if insert else [])])
    if "model.weight_norm" in vary:  # Likewise.
        knobs["weight_norm"] = vary["model.weight_norm"][0]
    if RATE in vary:
        _check_rate(model)
    rates = () if RATE in vary else _rates(model, tune)
    knobs["path"] = str(files.save(model, workdir, start))
    # Keras may have numbered the outputs of the file otherwise.
    judged = metrics_of(files.load(knobs["path"]))[names.index(metric)]
    config = default.get_config()
    with config.unlocked():
        name = f"{build.__module__}:{build.__name__}"
        config.model = {"name": name, **knobs}
        config.dataset.name = str(array_files.write(data, workdir))
        config.task = COMPILED
        config.epochs, config.batch_size = epochs, batch_size
        config.callbacks = callbacks
        # A schedule stays what it is.
        config.optimizer.learning_rate = learning_rate_of(model) or 0.0
        config.checkpoint.best, config.checkpoint.best_mode = "val_loss", "min"
        rules = config.compare
        rules.metric, rules.baseline = judged.name, ""
        if least is None:
            least = _least(judged, knobs, data)
        rules.least[judged.name] = float(least)
        rules.vary_split = "x_validation" not in data
        rules.looks = LOOKS if seeds == "auto" else ()
        rules.tune.rates = rates
    overrides = product({"model.norm": norms, **vary})
    return make_plan(
        config, overrides, None if seeds == "auto" else seeds
    ), config


def _norms(norms):
    """Returns the values of `model.norm`."""
    many = isinstance(norms, (list, tuple))
    found = [_norm(each) for each in (norms if many else [norms])]
    if not found:
        raise InputError("`norms` must name at least one norm. Received: none.")
    names = [each if isinstance(each, str) else each.name for each in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(
            f"{twice[0]!r} names two of the norms. Give one of them a name of "
            "its own by normzoo.layers.register(name, norm)."
        )
    return found


def _norm(norm):
    if not isinstance(norm, str):
        found = own.described(norm)
        return ConfigDict({"name": own.label(found), **found})
    known = registered()
    try:
        found = own.described(known[norm]) if norm in known else None
    except InputError:
        found = None  # It is known in this process alone.
    return ConfigDict({"name": norm, **found}) if found else norm


def _paths(model, only):
    """Returns the paths of the layers that `only` means, `()` for None."""
    if only is None:
        return ()
    try:
        return tuple(chosen_paths(model, only))
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from error


def _least(metric, knobs, data):
    """Returns the difference of a metric that counts."""
    if metric.bounds == (0, 1):
        return LEAST_SHARE
    some = array_files.splits_of(data)["train"].taken(slice(_EXAMPLES))
    inputs, labels, *weights = some.seen()
    # Keras takes texts as tensors alone.
    x = nested.each(tf.constant, inputs)
    source = files.load(knobs["path"])
    shapes = nested.shapes_of(x)
    model = build(shapes, 0, seed=0, **{**knobs, "norm": AS_IS})
    model.compile(**compile_arguments(source))
    measured = model.evaluate(
        x,
        labels,
        sample_weight=weights[0] if weights else None,
        verbose=0,
        return_dict=True,
    )
    return LEAST_PART * abs(measured[metric.name])


def _rates(model, tune):
    """Returns the learning rates to choose from, `()` where there is no choice.

    Args:
        model: of the user's own.
        tune: True, False, or the rates.
    """
    if tune is False:
        return ()
    rate = _check_rate(model)
    if tune is not True:
        return tuple(map(float, tune))
    return tuple(float(f"{rate * factor:.3g}") for factor in FACTORS)


def _check_rate(model):
    """Returns the learning rate; raises `InputError` of a schedule."""
    rate = learning_rate_of(model)
    if rate is None:
        raise InputError(
            "The model's learning rate is a schedule, which has no rates to "
            "choose from. Set tune=False, or compile it with a number."
        )
    return rate
