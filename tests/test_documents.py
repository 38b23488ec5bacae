"""The Python in the documents runs, and their links lead somewhere."""

import json
import pathlib
import re
import textwrap

import keras
import pytest

import normzoo
from normzoo.configs import mnist1d_gru
from normzoo.trainers.common import precision
from normzoo.trainers.data import loading
from normzoo.trainers.supervised.build import compiled_model

ROOT = pathlib.Path(normzoo.__file__).resolve().parent
#: In docs/results only one page is more than a part of docs/claims*.md.
PARTS = set(ROOT.glob("docs/results/*.md")) - {ROOT / "docs/results/norms.md"}
DOCUMENTS = [*ROOT.glob("*.md"), *sorted({*ROOT.glob("docs/**/*.md")} - PARTS)]
#: Between fences, or indented and beginning with an import.
FENCED = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(
    r"(?<=\n\n)((?: {4}(?:import|from) .*\n)(?: {4}.*\n|\n(?= {4}))*)"
)


def name(path):
    return str(path.relative_to(ROOT)).removeprefix("docs/")


def scripts(text):
    found = [*FENCED.findall(text), *INDENTED.findall(text)]
    return [textwrap.dedent(script) for script in found]


def code_of(notebook):
    """Returns the code of all cells of a notebook, one behind the other."""
    cells = json.loads(notebook)["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    return "\n".join(code)


SCRIPTS = [
    pytest.param(script, id=f"{name(path)}-{i}")
    for path in DOCUMENTS
    for i, script in enumerate(scripts(path.read_text()))
]
SCRIPTS += [
    pytest.param(code_of(path.read_text()), id=path.name)
    for path in ROOT.glob("docs/notebooks/*.ipynb")
]


def test_all_kinds_of_scripts_are_found():
    text = """
Text:

```python
a = 1
```

    python -m normzoo.trainers.gan

    import keras

    for i in range(3):
        print(i)

    from . import b
"""
    loop = "import keras\n\nfor i in range(3):\n    print(i)\n"
    assert scripts(text) == ["a = 1\n", loop + "\nfrom . import b\n"]


@pytest.fixture
def gru_runs(data_dir, tmp_path, monkeypatch):
    """Runs that one document's script reads, not trained, and few data."""
    pytest.importorskip("mnist1d")
    load = loading.load_data

    def some(config):
        config.dataset.data_dir = str(data_dir)
        data = load(config)
        train, test = (
            loading.Examples(part.inputs[:200], part.labels[:200])
            for part in (data.train, data.test)
        )
        return data._replace(train=train, test=test)

    def make():
        config = mnist1d_gru.get_config()
        config.jit_compile = False
        data = some(config)
        for norm in ("batch", "batch_shared", "input"):
            config.model.norm = norm
            with precision.dtype_policy("float32"):
                model = compiled_model(config, data)
            model.optimizer.build(model.trainable_variables)
            run = f"runs/gru_norms/norm={norm},seed=0/checkpoints"
            (tmp_path / run).mkdir(parents=True)
            model.save(tmp_path / run / "final.keras")
        monkeypatch.setattr(loading, "load_data", some)

    return make


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_python_runs(script, gru_runs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if "runs/gru_norms" in script:
        gru_runs()
        # One seed of three: it is the same again.
        assert script.count("range(3)") == 1
        script = script.replace("range(3)", "range(1)")
    # Two seeds of ten, likewise.
    exec(script.replace("    seeds=10,", "    seeds=2,"), {})
    if "runs/gru_norms" in script:
        norm, seed, before, after = capsys.readouterr().out.split()[-4:]
        assert (norm, seed) == ("input", "0")
        assert 0 <= float(before) <= 100
        assert 0 <= float(after) <= 100
    keras.backend.clear_session()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), target
