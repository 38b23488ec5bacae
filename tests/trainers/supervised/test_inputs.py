"""What cannot be worked with: a clear error, and nothing written or lost."""

import ast
import pathlib
import zipfile

import keras
import pytest

import normzoo
from normzoo.trainers import classify
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.run.rundir import RunDir
from normzoo.trainers.supervised.trainer import resolve

from .. import killable

NAN = float("nan")

#: Overrides of a config, and what the error says.
CONFIGS = {
    "unknown norm": ({"model.norm": "btach"}, "'btach'.*none, batch"),
    "unknown model": ({"model.name": "vgg"}, "'vgg'.*mlp, cnn"),
    "no model": ({"model.name": ""}, "''.*mlp, cnn"),
    "depth": ({"model.depth": -1}, "depth.*-1"),
    "width": ({"model.width": 0}, "width=0"),
    "dropout": ({"model.dropout": 1.0}, "dropout.*1.0"),
    "NaN dropout": ({"model.dropout": NAN}, "dropout.*nan"),
    "activation": ({"model.activation": "rleu"}, "rleu"),
    "kernels": ({"model.kernel_initializer": "zeros"}, "he_normal"),
    "scale": ({"model.initializer_scale": NAN}, "initializer_scale.*nan"),
    "position": ({"model.norm_position": "middle"}, "before, after"),
    "small images": (
        {"model.name": "cnn", "model.depth": 9},
        "pixels per side",
    ),
    "large batch": ({"batch_size": 2000}, "1 to 1204.*2000"),
    "negative batch": ({"batch_size": -5}, "1 to 1204.*-5"),
    "no epoch": ({"epochs": 0}, "epochs must be positive.*0"),
    "evaluation": ({"evaluation_batch_size": 0}, "evaluation_batch_size"),
    "log": ({"log_every_steps": 0}, "log_every_steps"),
    "execution": ({"steps_per_execution": 0}, "steps_per_execution"),
    "XLA": ({"jit_compile": True}, "deterministic=False"),
    "precision": ({"precision": "int8"}, "'int8'.*auto"),
    "seed": ({"seed": -1}, "seed must be 0 to 4294967295"),
    "large seed": ({"seed": 2**40}, "seed must be 0 to 4294967295"),
    "optimizer": ({"optimizer.name": "adma"}, "'adma'.*adam, adamw"),
    "option": (
        {"optimizer.name": "adam", "optimizer.momentum": 0.9},
        "momentum.*0 leaves",
    ),
    "rate": ({"optimizer.learning_rate": NAN}, "learning_rate.*nan"),
    "clipping": ({"optimizer.clipnorm": -1.0}, "clipnorm.*-1"),
    "schedule": ({"optimizer.schedule": "step"}, "'step'.*cosine"),
    "warm-up": ({"optimizer.warmup_steps": 36}, "0 to 35.*36"),
    "keep": ({"checkpoint.keep": 0}, "checkpoint.keep must be positive"),
    "best": ({"checkpoint.best": "f1"}, "'f1'.*val_loss, val_accuracy"),
    "best mode": ({"checkpoint.best_mode": "up"}, "'up'.*max, min"),
    "interval": ({"checkpoint.every_seconds": NAN}, "every_seconds.*nan"),
    "unknown data": ({"dataset.name": "digts"}, "'digts'.*digits"),
    "no data": ({"dataset.name": ""}, "name"),
    "path": ({"dataset.name": "../digits"}, "../digits"),
    "version": ({"dataset.name": "digits:9.9.9"}, "only: 1.0.0"),
    "variant": ({"dataset.name": "digits/large"}, "large"),
    "image size": ({"dataset.image_size": -1}, "image_size.*-1"),
    "empty slice": ({"dataset.train_split": "train[50%:20%]"}, "empty"),
    "half a slice": ({"dataset.test_split": "test[5"}, r"no split 'test\[5'"),
    "file": ({"dataset.data_dir": "/proc/version"}, "/proc/version"),
    "vanished": ({"dataset.data_dir": "/proc/gone"}, "/proc/gone"),
    "zero byte": ({"dataset.data_dir": "a\0b"}, "null (byte|character)"),
}


def refused(config, workdir, message):
    with pytest.raises(InputError, match=message):
        classify.train(config, workdir, verbose=0)


@pytest.mark.parametrize("name", CONFIGS)
def test_configs(config, name, tmp_path):
    overrides, message = CONFIGS[name]
    config.update_from_flattened_dict(overrides)
    refused(config, tmp_path / "run", message)
    assert not (tmp_path / "run").exists()


#: What stands in the workdir, and what the error says.
WORKDIRS = {
    "config.json": ("{", "config.json is damaged"),
    "config.json/x": ("", "config.json"),
    "notes.txt": ("", "not a run's folder"),
    ".lock/x": ("", "cannot be written"),
}


@pytest.mark.parametrize("name", WORKDIRS)
def test_workdirs(config, name, tmp_path):
    text, message = WORKDIRS[name]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    refused(config, tmp_path, message)
    assert (tmp_path / name).read_text() == text


def test_a_damaged_result(config, tmp_path):
    RunDir(tmp_path).start(resolve(config), {})
    (tmp_path / "DONE").write_text("not JSON")
    refused(config, tmp_path, "DONE is damaged")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a[b]", r"\[ \] in its name"),
        ("a\\b", r"in its name"),
        ("x" * 300, "too long"),
        ("a\0b", "null (byte|character)"),
    ],
)
def test_names_of_workdirs(config, name, message, tmp_path):
    refused(config, tmp_path / name, message)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_workdir_with_spaces_and_other_letters(config, tmp_path):
    config.checkpoint.every_steps = 9
    workdir = tmp_path / "läufe, 走 %s {}"[:-3]
    result = classify.train(config, workdir, verbose=0)
    assert classify.train(config, workdir, verbose=0) == result
    assert list((workdir / "checkpoints").glob("step-36.*"))


DEFAULT = "from normzoo.configs import default\n\n\ndef get_config():\n"
GOOD = DEFAULT + "    return default.get_config()\n\n\n"

#: The text of a config file, the script, and what it says.
FILES = {
    "raises": (DEFAULT + "    1 / 0\n", "classify", "line 5: ZeroDivision"),
    "import": ("import nothing_here\n", "classify", "line 1: ModuleNotFound"),
    "syntax": ("def get_config(:\n", "classify", "line 1: SyntaxError"),
    "bytes": ("\0", "classify", "SyntaxError"),
    "empty": ("", "classify", "has no get_config()"),
    "dict": ("def get_config():\n    return {}\n", "classify", "is a dict"),
    "short": (
        "from ml_collections import ConfigDict as get_config\n",
        "classify",
        "keys: batch_size",
    ),
    "type": (
        DEFAULT
        + "    config = default.get_config()\n    config.epochs = 'many'\n",
        "classify",
        "line 6: TypeError",
    ),
    "sweep": (
        GOOD + "def sweep():\n    yield {}\n    raise OSError('lost')\n",
        "compare",
        "line 10: OSError: lost",
    ),
    "number": (GOOD + "def sweep():\n    yield 3\n", "compare", "yields 3"),
    "nothing": (GOOD + "def sweep():\n    pass\n", "compare", "yields no run"),
    "no sweep": (GOOD, "compare", "has no sweep()"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_config_files(name, tmp_path):
    text, script, message = FILES[name]
    (tmp_path / "mine.py").write_text(text)
    argv = [script, f"--config={tmp_path}/mine.py", f"--workdir={tmp_path}/r"]
    said = tmp_path / "stderr"
    with killable.started(argv=argv, stderr=str(said)) as process:
        process.join()
    assert process.exitcode == 2
    assert message in said.read_text()
    assert "Traceback" not in said.read_text()
    assert not (tmp_path / "r").exists()


def rename_layers(path):
    """Gives the layers of a saved model a class that there is not."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = parts["config.json"].replace(b'"Dense"', b'"Missing"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in (parts | {"config.json": config}).items():
            archive.writestr(name, part)


def test_saved_models_run_no_code(tmp_path):
    for name, layer in (
        ("unknown", keras.layers.Dense(1)),
        ("lambda", keras.layers.Lambda(lambda x: x + 1)),
    ):
        model = keras.Sequential([keras.Input((2,)), layer])
        model.save(tmp_path / f"{name}.keras")
    rename_layers(tmp_path / "unknown.keras")
    with pytest.raises((TypeError, ValueError), match="Missing"):
        keras.saving.load_model(tmp_path / "unknown.keras")
    with pytest.raises(ValueError, match="safe_mode"):
        keras.saving.load_model(tmp_path / "lambda.keras")


def words(file):
    """Returns all names in a module's code, of arguments, too."""
    fields = ("id", "attr", "arg", "name")
    return {
        getattr(node, field, None)
        for node in ast.walk(ast.parse(file.read_text()))
        for field in fields
    }


def test_nothing_is_unpickled_or_evaluated():
    root = pathlib.Path(normzoo.__file__).parent
    files = [
        file
        for part in ("layers", "zoo", "trainers", "configs")
        for file in (root / part).rglob("*.py")
    ]
    assert len(files) > 50
    bad = {"eval", "exec", "pickle", "dill", "marshal", "joblib"}
    bad |= {"safe_mode", "allow_pickle", "enable_unsafe_deserialization"}
    found = {(file.name, word) for file in files for word in words(file) & bad}
    # The one copies the Lambda layers of a model in memory, no file's; the
    # other one writes nothing that would have to be unpickled.
    assert found == {
        ("copying.py", "safe_mode"),
        ("archives.py", "allow_pickle"),
    }
