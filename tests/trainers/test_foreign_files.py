"""Nothing that came from somebody else runs code when it is read."""

import json
import pickle
import shutil
import types
import zipfile

import keras
import numpy as np
import pytest

from normzoo.configs import default, gaussians_gan
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_model
from normzoo.trainers.comparison.procedure import plan_file
from normzoo.trainers.data import array_files, loading
from normzoo.trainers.exporting import sources
from normzoo.trainers.gans import finished
from normzoo.trainers.gans.metrics import features
from normzoo.trainers.gans.settings import SETTINGS as GANS
from normzoo.trainers.own import files
from normzoo.trainers.resuming.plain import decode
from normzoo.trainers.run import metrics_file
from normzoo.trainers.run.checkpointing.checkpoints import Checkpoints
from normzoo.trainers.run.rundir import RunDir
from normzoo.trainers.supervised.settings import SETTINGS, checked

L = keras.layers
#: The environment variable that names the file which code would write.
MARK = "NORMZOO_TEST_MARK"
#: Code in a file of Python.
CODE = f"import os\nopen(os.environ[{MARK!r}], 'w').close()\n"


class Harm:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return exec, (CODE,)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Files of models that would run code; what they run in ran once here."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, str(folder / "mark"))
        harm = eval(f"lambda x: (exec({CODE!r}), x)[1]")
        model = keras.Sequential([keras.Input((2,)), L.Lambda(harm)])
        model.save(folder / "lambda.keras")
        model.save(folder / "lambda.h5")
        assert (folder / "mark").exists()
    plain = keras.Sequential([keras.Input((2,)), L.Dense(2, "relu")])
    plain.save(folder / "plain.keras")
    shell = f"touch ${MARK}"
    layer = {
        "module": "os",
        "class_name": "system",
        "config": {"command": shell},
        "registered_name": None,
    }
    function = {
        "module": "os",
        "class_name": "function",
        "config": "system",
        "registered_name": "function",
    }
    changed(folder, "class", lambda layers: layers.append(layer))
    changed(
        folder,
        "function",
        lambda layers: layers[-1]["config"].update(activation=function),
    )
    pickled = pickle.dumps(Harm())
    (folder / "pickle.keras").write_bytes(pickled)
    return folder


def changed(folder, name, change):
    """Writes the plain model with a changed list of layers."""
    path = folder / f"{name}.keras"
    with (
        zipfile.ZipFile(folder / "plain.keras") as plain,
        zipfile.ZipFile(path, "w") as archive,
    ):
        for member in plain.namelist():
            data = plain.read(member)
            if member == "config.json":
                config = json.loads(data)
                change(config["config"]["layers"])
                data = json.dumps(config)
            archive.writestr(member, data)


def pickled(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(Harm()))
    return path


def run_of(made, folder, model="plain", **knobs):
    """Makes the folder of a finished run."""
    config = default.get_config()
    config.model.update(depth=1, width=4)
    resolved = SETTINGS.resolve(checked(config))
    resolved["model"].update(knobs)
    (folder / "checkpoints").mkdir()
    (folder / "config.json").write_text(json.dumps({"config": resolved}))
    (folder / "DONE").write_text('{"status": "finished"}')
    shutil.copy(made / f"{model}.keras", folder / "checkpoints/final.keras")
    return sources.of_run(folder)


def generator_of(made, folder):
    config = gaussians_gan.get_config()
    resolved = GANS.resolve(config)
    (folder / "checkpoints").mkdir()
    (folder / "config.json").write_text(json.dumps({"config": resolved}))
    (folder / "DONE").write_text('{"status": "finished"}')
    path = folder / "checkpoints/generator.keras"
    shutil.copy(made / "lambda.keras", path)
    finished.load_generator(config, folder)


def classifier_of(made, folder):
    path = folder / "checkpoints/final.keras"
    path.parent.mkdir()
    shutil.copy(made / "lambda.keras", path)
    with pytest.MonkeyPatch.context() as patch:
        found = folder, {"test_accuracy": 1.0}
        patch.setattr(features, "_trained", lambda config: found)
        features.load_features(
            types.SimpleNamespace(
                metrics=types.SimpleNamespace(features="classifier")
            )
        )


def code_in(folder):
    path = folder / "harm.py"
    path.write_text(CODE)
    return path


def set_of(folder, key):
    """Reads a data set whose description names a module beside it."""
    code_in(folder)
    place = folder / "tfds" / "lines" / "1.0.0"
    place.mkdir(parents=True)
    text = f'{{"{key}": "harm.Feature", "content": {{}}}}'
    (place / "features.json").write_text(text)
    (place / "dataset_info.json").write_text('{"name": "lines"}')
    config = default.get_config()
    config.dataset.update(name="lines", data_dir=str(folder / "tfds"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        loading.load_data(checked(config))


def objects(folder):
    harm = np.empty(2, object)
    harm[:] = Harm()
    np.savez(folder / "data.npz", x_train=harm, y_train=harm)
    array_files.read(folder / "data.npz")


def restored(made, folder):
    state = Checkpoints(folder, {}, 1)
    pickled(folder / "step-1.index")
    pickled(folder / "step-1.data-00000-of-00001")
    assert state.restore() is None
    raise InputError("is damaged")  # a warning says it


#: What is read -> function of the made files and an empty folder, the message.
READ = {
    "model, Lambda": (
        lambda made, folder: find_model(str(made / "lambda.keras")),
        "cannot be loaded.*Lambda",
    ),
    "model, class": (
        lambda made, folder: find_model(str(made / "class.keras")),
        "cannot be loaded",
    ),
    "model, function": (
        lambda made, folder: files.load_any(made / "function.keras"),
        "cannot be loaded",
    ),
    "model, pickle": (
        lambda made, folder: files.load_any(made / "pickle.keras"),
        "cannot be loaded",
    ),
    "model, HDF5": (
        lambda made, folder: files.load_any(made / "lambda.h5"),
        "cannot be loaded",
    ),
    "run, Lambda": (
        lambda made, folder: run_of(made, folder, "lambda"),
        "cannot be loaded",
    ),
    "run, module": (
        lambda made, folder: run_of(
            made,
            folder,
            norm={"path": "os:system", "positional": [], "named": {}},
        ),
        "names code: 'os:system'.*--trust_code",
    ),
    "run, file": (
        lambda made, folder: run_of(
            made, folder, name=f"{code_in(folder)}:make"
        ),
        "names code: .*harm.py:make",
    ),
    "GAN": (generator_of, "cannot be loaded"),
    "classifier": (classifier_of, "cannot be loaded"),
    "arrays, objects": (lambda made, folder: objects(folder), "cannot be read"),
    "arrays, pickle": (
        lambda made, folder: array_files.read(pickled(folder / "data.npz")),
        "cannot be read",
    ),
    "data set": (
        lambda made, folder: set_of(folder, "pythonClassName"),
        "names code that is not of TFDS: 'harm.Feature'",
    ),
    "data set, escaped": (
        lambda made, folder: set_of(folder, "python\\u0043lassName"),
        "names code that is not of TFDS: 'harm.Feature'",
    ),
    "data set, other key": (
        lambda made, folder: set_of(folder, "python_class_name"),
        "names code that is not of TFDS: 'harm.Feature'",
    ),
    "config.json": (
        lambda made, folder: RunDir(
            pickled(folder / "config.json").parent
        ).check({}),
        "is damaged",
    ),
    "DONE": (
        lambda made, folder: RunDir(pickled(folder / "DONE").parent).result({}),
        "is damaged",
    ),
    "metrics.jsonl": (
        lambda made, folder: metrics_file.read(
            pickled(folder / metrics_file.NAME).parent
        ),
        "cannot be read",
    ),
    "plan.json": (
        lambda made, folder: plan_file._read(pickled(folder / "plan.json")),
        "cannot be read",
    ),
    "checkpoint": (restored, "is damaged"),
    "ExactResume": (
        lambda made, folder: decode({"pickle": "gASVAAA="}),
        "is no value",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_no_code_is_run(name, made, tmp_path, monkeypatch):
    read, message = READ[name]
    mark = tmp_path / "mark"
    monkeypatch.setenv(MARK, str(mark))
    folder = tmp_path / "theirs"
    folder.mkdir()
    with pytest.raises(InputError, match=message) as caught:
        read(made, folder)
    assert not mark.exists()
    assert len(str(caught.value)) < 1000


def test_code_that_is_trusted_is_run(made, tmp_path, monkeypatch):
    monkeypatch.setenv(MARK, str(tmp_path / "mark"))
    folder = tmp_path / "theirs"
    folder.mkdir()
    norm = {
        "path": f"{code_in(tmp_path)}:make",
        "positional": [],
        "named": {},
    }
    with pytest.raises(InputError, match="names code"):
        run_of(made, folder, norm=norm)
    with pytest.raises(InputError):  # it has no `make`
        sources.of_run(folder, trust_code=True)
    assert (tmp_path / "mark").exists()
