"""The Python in the documents runs, commands parse, links lead somewhere."""

import ast
import json
import pathlib
import re
import shlex
import string
import textwrap

import keras
import pytest

import normzoo
from normzoo import layers
from normzoo.configs import mnist1d_gru
from normzoo.trainers.common import precision
from normzoo.trainers.data import loading
from normzoo.trainers.supervised.build import compiled_model

from .trainers import killable

ROOT = pathlib.Path(normzoo.__file__).resolve().parent
#: In docs/results two pages are more than a part of docs/claims*.md.
PARTS = {*ROOT.glob("docs/results/*.md")} - {
    ROOT / f"docs/results/{name}.md" for name in ("norms", "every_norm")
}
DOCUMENTS = [*ROOT.glob("*.md"), *sorted({*ROOT.glob("docs/**/*.md")} - PARTS)]
#: Between fences, or indented and beginning with an import.
FENCED = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(
    r"(?<=\n\n)((?: {4}(?:import|from) .*\n)(?: {4}.*\n|\n(?= {4}))*)"
)
#: An indented call of one of our scripts, with the lines that continue it.
COMMAND = re.compile(
    r"^ {4,}(?:srun )?python -m normzoo\.trainers\.(\w+ (?:\\\n|[^\n&])*)",
    re.MULTILINE,
)
#: The same inside a sentence.
SAID = re.compile(r"python -m normzoo\.trainers\.(\w+ .*)")
#: Code that is not inside of a sentence.
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"(?<=\n\n)((?: {4}.*\n|\n(?= {4}))+)")
#: The norms of a comparison, if there are three or more: two, and the others.
NORMS_GIVEN = re.compile(r'norms=\(("\w+", "\w+"), ((?:"\w+",? ?)+)\)')
#: How long it trains.
LENGTH_GIVEN = re.compile(r"epochs=\d+,(\s+)seeds=10\b")
#: Of the shell's loops and of the environment.
VARIABLES = {"model": "mlp", "HOME": "/home/me"}


def name(path):
    return str(path.relative_to(ROOT)).removeprefix("docs/")


def scripts(text):
    found = [*FENCED.findall(text), *INDENTED.findall(text)]
    return [textwrap.dedent(script) for script in found]


def commands(text):
    """Returns the names and flags of the scripts that are called."""
    found = [each.replace("\\\n", " ") for each in COMMAND.findall(text)]
    found += [said[1] for said in map(SAID.fullmatch, prose(text)) if said]
    filled = (string.Template(c).safe_substitute(VARIABLES) for c in found)
    return [tuple(shlex.split(c, comments=True)) for c in filled]


def prose(text):
    """Returns the code inside of sentences, each in one line."""
    text = BLOCK.sub("", FENCE.sub("", text))
    return [" ".join(code.split()) for code in re.findall("`([^`]+)`", text)]


def code_of(notebook):
    """Returns the code of all cells of a notebook, one behind the other."""
    cells = json.loads(notebook)["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    return "\n".join(code)


def shortened(script):
    """Returns a script that compares two norms with two seeds for an epoch.

    The others are more of the same; all names are known ones.
    """
    names = [
        name
        for others in NORMS_GIVEN.findall(script)
        for name in re.findall(r"\w+", others[1])
    ]
    assert set(names) <= set(layers.NORMS)
    script = NORMS_GIVEN.sub(r"norms=(\1)", script)
    return LENGTH_GIVEN.sub(r"epochs=1,\1seeds=2", script)


SCRIPTS = [
    pytest.param(script, id=f"{name(path)}-{i}")
    for path in DOCUMENTS
    for i, script in enumerate(scripts(path.read_text()))
]
SCRIPTS += [
    pytest.param(code_of(path.read_text()), id=path.name)
    for path in ROOT.glob("docs/notebooks/*.ipynb")
]
#: Command -> the first document that it is in.
COMMANDS = {
    command: path
    for path in reversed(DOCUMENTS)
    for command in commands(path.read_text())
}


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


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ('"as_is", "none", "layer", "group"', '"as_is", "none"'),
        ('"as_is", "batch", "rms"', '"as_is", "batch"'),
        ('"as_is", "layer"', '"as_is", "layer"'),
    ],
)
def test_what_is_compared_in_short(given, left):
    script = "compare(model, norms=({}), epochs={}, seeds={})"
    assert shortened(script.format(given, 5, 10)) == script.format(left, 1, 2)


def test_an_unknown_norm_is_noticed():
    with pytest.raises(AssertionError):
        shortened('norms=("as_is", "none", "laier")')


def test_commands_are_found_with_all_their_lines():
    text = """Or `python -m normzoo.trainers.report
--workdir=runs`, not `normzoo.trainers.report --w`.

    python -m normzoo.trainers.benchmark --suite=norms

    for i in 0 1; do
      python -m normzoo.trainers.gan --config=$model \\
          --config.x="(1, 2)" & # in the background
    done
    ... --mode=sample
    srun python -m normzoo.trainers.gan --mode=sample   # more
    python -m normzoo.trainers.comparison.simulation --trials=2
"""
    assert commands(text) == [
        ("benchmark", "--suite=norms"),
        ("gan", "--config=mlp", "--config.x=(1, 2)"),
        ("gan", "--mode=sample"),
        ("report", "--workdir=runs"),
    ]


@pytest.fixture
def own_files(tmp_path):
    """Configs that the documents say are yours."""
    experiments = (ROOT / "docs/experiments.md").read_text()
    for script in scripts(experiments):
        if script.startswith("# dropout.py"):
            (tmp_path / "dropout.py").write_text(script)
    speed = (ROOT / "configs/claims/speed.py").read_text()
    (tmp_path / "my_claim.py").write_text(speed)
    return tmp_path


@pytest.fixture
def parsed(own_files):
    """Parses commands; returns the exit code of each, and what is said."""

    def parse(given):
        found = own_files / "found.json"
        job = {"commands": given, "folder": str(own_files), "found": str(found)}
        path = pathlib.Path(__file__).with_name("parsed_flags.py")
        with killable.forked(str(path), job) as process:
            process.join()
        return json.loads(found.read_text())

    return parse


@pytest.mark.slow
@pytest.mark.parametrize("path", dict.fromkeys(COMMANDS.values()), ids=name)
def test_flags_of_commands_are_known(path, parsed):
    given = [command for command, at in COMMANDS.items() if at == path]
    results = zip(given, parsed(given), strict=True)
    assert not [each for each in results if each[1] != [0, "parsed"]]


@pytest.mark.slow
def test_an_unknown_flag_is_noticed(parsed):
    flags = ("--config=digits_mlp", "--workdir=w")
    results = parsed(
        [
            ("compare", *flags, "--jobs=2", "--config.epochs=1"),
            # What another command has is not known.
            ("classify", *flags, "--jobs=2"),
            ("classify", *flags, "--config.eepochs=1"),
            ("classify", *flags),
        ]
    )
    assert [code for code, _ in results] == [0, 2, 2, 0]
    assert "Unknown config key" in results[2][1]


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
    exec(shortened(script), {})
    if "runs/gru_norms" in script:
        norm, seed, before, after = capsys.readouterr().out.split()[-4:]
        assert (norm, seed) == ("input", "0")
        assert 0 <= float(before) <= 100
        assert 0 <= float(after) <= 100
    keras.backend.clear_session()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path):
    links = re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", path.read_text())
    for target, anchor in links:
        if "://" not in target:
            file = path.parent / target if target else path
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


def anchors(path):
    """Returns what GitHub makes of a page's headings, and its own anchors."""
    text = path.read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    slugs = {heading.replace(" ", "-") for heading in plain}
    return slugs | set(re.findall('<a id="(.*?)">', text))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_block_with_a_language_is_run(path):
    fences = re.findall("^```(.*)$", path.read_text(), re.MULTILINE)
    assert set(fences[::2]) <= {"python", "text"}
    assert not any(fences[1::2])


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_indented_python_begins_with_an_import(path):
    """Or else it is not run, see `INDENTED`."""
    text = FENCED.sub("", INDENTED.sub("", path.read_text()))
    blocks = map(textwrap.dedent, BLOCK.findall(text))
    python = [block for block in blocks if parses(block)]
    assert not python


def parses(text):
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
