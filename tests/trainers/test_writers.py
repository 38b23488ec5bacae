"""What cannot be written is named, and nothing half-written is left."""

import ast
import contextlib
import pathlib
import types

import keras
import numpy as np
import pytest
from PIL import Image

from normzoo import trainers
from normzoo.configs import default
from normzoo.trainers.benchmarks import report
from normzoo.trainers.common import files, lock
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.served import Served
from normzoo.trainers.comparison import groups
from normzoo.trainers.comparison.claims.plot import plot_claim
from normzoo.trainers.comparison.own_folder import OwnFolder
from normzoo.trainers.comparison.procedure import plan_file
from normzoo.trainers.data import array_files, loading
from normzoo.trainers.exporting.exporting import export
from normzoo.trainers.exporting.wanted import Wanted
from normzoo.trainers.gans import pictures, training
from normzoo.trainers.gans.callbacks import Pictures, Speed
from normzoo.trainers.gans.metrics import features
from normzoo.trainers.inspection.norm_statistics import NormStatistics
from normzoo.trainers.inspection.profile_steps import ProfileSteps
from normzoo.trainers.own import files as own_files
from normzoo.trainers.run.checkpointing.checkpoints import Checkpoints
from normzoo.trainers.run.checkpointing.saved_state import SavedState
from normzoo.trainers.run.events import EventFile, ScalarEvents
from normzoo.trainers.run.logs import MetricsLog
from normzoo.trainers.run.progress import Progress
from normzoo.trainers.run.rundir import RunDir
from normzoo.trainers.supervised import fit
from normzoo.trainers.supervised.settings import checked

from .accidents import closed_folder, contents, full_disk, open_folder

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")


class Own(keras.Model):
    """Has a `call` of its own, so that weights alone are saved."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def own(model):
    model = Own()
    model(X)
    return model


def logged(folder, model):
    with MetricsLog(folder, 1, Progress()) as log:
        log.write("test", {"loss": 1.0}, 1)


def checkpoint(folder, model):
    state = Checkpoints(
        folder / "checkpoints", SavedState({"all": model.variables}), 2
    )
    state.save(Progress(step=1))


def planned(folder, model):
    counts = dict.fromkeys(plan_file.COUNTS)
    with pytest.MonkeyPatch.context() as patch:
        # Git would be killed by the limit, and leave its lock.
        patch.setattr(plan_file, "provenance", dict)
        plan_file.begin_counting(folder, counts, 0.05, "the command")


def grouped(folder, model):
    group = groups.Group((types.SimpleNamespace(name="a"),), "stacked", "x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "_new_groups", lambda *_: [group])
        groups.find_groups([], [], folder, 1)


def claimed(folder, model):
    points = [{"series": "a", "x": 1, "values": {"0": 1.0}}]
    record = {"name": "a", "curves": {"digits": points}, "axes": ("x", "y")}
    plot_claim(record, folder / "claim.svg")


def board(folder, model):
    with (
        files.replacing_folder(folder / "tensorboard") as new,
        ScalarEvents(new / "norm=batch") as events,
    ):
        events.write({"loss": 1.0}, 1)


def exported(folder, model, name="keras"):
    suffix = ".keras" if name == "keras" else ""
    served = Served(model, X, "random numbers")
    wanted = Wanted(format=name, repeats=1)
    export(served, folder / f"served{suffix}", wanted)


def watched(folder, model):
    model.fit(X, X[:, :2], verbose=0, callbacks=[NormStatistics(folder)])


def profiled(folder, model):
    step = int(model.optimizer.iterations) + 1
    profile = ProfileSteps(folder, step, step)
    model.fit(X, X[:, :2], verbose=0, callbacks=[profile])


def drawn(folder, model):
    callback = Pictures(folder, lambda _: Image.new("L", (4, 4)), Progress())
    generator = types.SimpleNamespace(
        averaged_generator=lambda: contextlib.nullcontext(None)
    )
    callback.set_model(generator)
    callback.on_epoch_end(0)


def timed(folder, model):
    callback = Speed(folder, Progress())
    callback.on_epoch_begin(0)
    callback.progress.step = 1
    callback.on_train_batch_end(0)
    callback.on_epoch_end(0)


def data_set(folder, model):
    config = default.get_config()
    config.dataset.data_dir = str(folder / "tfds")
    loading.load_data(checked(config))


def cached(folder, model):
    knobs = types.SimpleNamespace(cache_dir=str(folder / "cache"))
    kept = features._cache(knobs)
    with lock.waited_for(kept / "digits.lock"):
        files.write_json(kept / "digits", {"kept": "0123456789"})


def filmed(folder, model):
    picture = folder / "one.png"
    Image.new("L", (4, 4)).save(picture)
    pictures.film([picture], folder / "film.gif")


def held(folder, model):
    with lock.held(folder):
        pass


def measured(folder, model):
    report.write([report.Table("a", [{"b": 1}])], {}, folder, "suite")


#: What is written -> function of the folder and a model.
WRITERS = {
    "config.json": lambda folder, model: RunDir(folder).start({"a": 1}, {}),
    "DONE": lambda folder, model: RunDir(folder).finish({"status": "finished"}),
    "log": logged,
    "line": lambda folder, model: files.append(folder / "log", "0123456789ab"),
    "events": lambda folder, model: EventFile(folder / "train").close(),
    "checkpoint": checkpoint,
    "final.keras": lambda folder, model: fit.save(model, folder, {}),
    "weights": lambda folder, model: fit.save(own(model), folder, {}),
    "networks": lambda folder, model: training._save_model(
        model, folder / "generator.keras"
    ),
    "picture": lambda folder, model: pictures.save(
        Image.new("L", (4, 4)), folder / "images/real.png"
    ),
    "epoch's picture": drawn,
    "speed": timed,
    "own model": lambda folder, model: own_files.save(model, folder),
    "own data": lambda folder, model: array_files.write(
        {"x_train": X, "y_train": X}, folder
    ),
    "own folder": lambda folder, model: OwnFolder(folder / "new").keep(),
    "plan.json": planned,
    "groups.json": grouped,
    "claim": claimed,
    "tensorboard": board,
    "export": exported,
    "export of a folder": lambda *case: exported(*case, "saved_model"),
    "norms": watched,
    "profile": profiled,
    "data set": data_set,
    "cache": cached,
    "lock": held,
    "benchmark": measured,
}
#: Folders alone: a full disk may have room for them.
NEED_NO_ROOM = {"own folder"}

LONG = {"data set", "export of a folder", "export", "norms", "profile"}


@pytest.fixture
def folder():
    with open_folder() as found:
        yield found


@pytest.fixture(params=["full", "read-only"])
def accident(request):
    return request.param


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in LONG else name
        for name in WRITERS
    ],
)
def test_what_cannot_be_written_is_named(name, accident, folder, model):
    if accident == "full" and name in NEED_NO_ROOM:
        pytest.skip("needs no room")
    write = WRITERS[name]
    before = contents(folder)
    refused = full_disk() if accident == "full" else closed_folder(folder)
    reason = (
        "File too large.*Make room"
        if accident == "full"
        else "Permission denied.*(Let this user write there|name another)"
    )
    with pytest.raises(InputError, match=reason) as caught, refused:
        write(folder, model)
    said = str(caught.value)
    assert str(folder) in said
    assert "cannot be written" in said
    assert len(said) < 400
    assert "{{" not in said
    assert contents(folder) == before
    assert not list(folder.rglob(".????????.*"))
    # The next start continues.
    write(folder, model)
    if name not in NEED_NO_ROOM:
        assert contents(folder) != before


#: These write within what wraps them, or into nothing that stays.
ALLOWED = {"common/files.py", "common/unfinished.py"}
_WRAPS = ("replacing", "writing", "replacing_folder")
_WRITES = {
    "write_text",
    "write_bytes",
    "mkdir",
    "makedirs",
    "savefig",
    "dump",
    "unlink",
    "truncate",
}
_MODES = set("wax+")


def _writes(call):
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name == "open":
        modes = [x.value for x in call.args[1:2] if isinstance(x, ast.Constant)]
        return any(_MODES & set(str(mode)) for mode in modes)
    own = isinstance(call.func, ast.Name)  # a function of ours
    return name in _WRITES and not own


def _unwrapped(node, wrapped=False):
    """Yields lines that write a file outside of what names it."""
    if isinstance(node, ast.With):
        text = " ".join(ast.unparse(item.context_expr) for item in node.items)
        wrapped = wrapped or any(f"{each}(" in text for each in _WRAPS)
    if isinstance(node, ast.Call) and _writes(node) and not wrapped:
        yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from _unwrapped(child, wrapped)


def test_nothing_is_written_elsewhere():
    root = pathlib.Path(trainers.__file__).parent
    found = {
        f"{path.relative_to(root)}:{line}"
        for path in sorted(root.rglob("*.py"))
        if str(path.relative_to(root)) not in ALLOWED
        if any(word in path.read_text() for word in (*_WRITES, "open("))
        for line in _unwrapped(ast.parse(path.read_text()))
    }
    # The one is called within `replacing`, the other one writes to memory.
    assert {each.partition(":")[0] for each in found} == {
        "data/disk/archives.py",
        "gans/pictures.py",
    }
