"""The site's pages that are made by programs, and its navigation."""

import ast
import importlib.util
import pathlib
import re

import pytest

import normzoo
from normzoo import layers, zoo

from .trainers.comparison.made_folder import write_folder
from .trainers.comparison.made_found import ACCURACY, made_found, steady

DOCS = pathlib.Path(normzoo.__file__).resolve().parent / "docs"


def load(name):
    """Imports a program of docs/site, which is no part of the package."""
    path = DOCS / "site" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"docs_site_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def config_keys():
    return load("config_keys")


@pytest.mark.parametrize("name", ["config_keys", "gan_parts", "norms"])
def test_a_page_that_is_made_from_the_code_is_current(name):
    program = load(name)
    command = f"python docs/site/{name}.py"
    assert program.PAGE.read_text() == program.page(), command


def test_the_table_of_networks_is_current():
    networks = load("networks")
    command = "python docs/site/networks.py"
    assert networks.PAGE.read_text() == networks.page(), command
    assert all(f"| `{name}` |" in networks.table() for name in zoo.MODELS)


def test_every_norm_is_put_into_every_family():
    page = (DOCS / "layers.md").read_text()
    head, *lines = re.findall(
        r"^\| (.+) \|$", page.split("families.py\n")[1], re.M
    )
    families = list(load("families").FAMILIES)
    found = [line.split(" | ")[0] for line in lines]
    assert found[1 : len(families) + 1] == families
    norms = re.split(r", | \| ", head)[1:]
    assert sorted(norms) == sorted(layers.registry.NORMS)


def test_something_is_said_of_each_norm():
    page = load("norms").page()
    for name in {*layers.registry.NORMS, *layers.WEIGHT_NORMS} - {"none"}:
        if name in layers.registry.registered():
            continue  # of documents that were run
        row = re.search(rf"^\| `{name}` \|(.+)\|$", page, re.M)
        assert all(cell.strip() for cell in row[1].split("|")), name


def test_every_config_key_has_a_meaning(config_keys):
    found = re.findall(r"^\| `(\S+)` .*\|(.*)\|$", config_keys.page(), re.M)
    assert len(found) > 100
    assert not [key for key, meaning in found if not meaning.strip()]


@pytest.mark.parametrize(
    ("page", "module", "tables"),
    [
        ("layers", layers, {"NORMS", "WEIGHT_NORMS"}),
        ("zoo", zoo, {"MODELS", "GANS", "RECURRENT_NORMS"}),
    ],
    ids=["layers", "zoo"],
)
def test_the_api_pages_have_all_public_names(page, module, tables):
    text = (DOCS / f"api/{page}.md").read_text()
    # Where a module has its function's name, `module.function`.
    named = re.findall(rf"^::: normzoo\.{page}\.(?:\w+\.)?(\w+)$", text, re.M)
    assert sorted(named) == sorted(set(module.__all__) - tables)
    assert all(f"`{table}`" in text for table in tables)
    paths = re.findall(r"^::: normzoo\.(\S+)$", text, re.M)
    modules = [
        path
        for path in paths
        if (DOCS.parent / path.replace(".", "/")).with_suffix(".py").exists()
    ]
    assert not modules


def test_every_norm_has_a_page():
    pages = {path.stem for path in DOCS.glob("layers/*.md")}
    own = layers.registry.registered().keys()  # of documents that were run
    assert set(layers.registry.NORMS) - {"none"} - own <= pages


def test_every_weight_norm_has_its_part_of_a_page():
    page = (DOCS / "layers/weights.md").read_text()
    table = (DOCS / "layers.md").read_text()
    for name in layers.WEIGHT_NORMS:
        assert f"| `{name}` |" in table
        assert name == "none" or f'`"{name}"`' in page


def test_the_pictures_are_current():
    axes, answer = load("axes"), load("answer")
    drawn = {name: axes.picture(name) for name in axes.PICTURES}
    assert {k: (axes.FOLDER / f"{k}.svg").read_text() for k in drawn} == drawn
    assert answer.PICTURE.read_text() == answer.picture()


def test_the_answer_shows_all_of_the_tables():
    answer = load("answer")
    drawn = answer.picture()
    page = (DOCS / "results/every_norm.md").read_text()
    norms = set(layers.NORMS) - {"none"}
    assert [set(rows) for rows in answer.found_in(page).values()] == [norms] * 3
    assert all(drawn.count(f">{norm}<") == 1 for norm in norms)
    counts = {"better": 18, "worse": 7, "undecided": 17, "practically equal": 0}
    assert counts.keys() == answer.LOOKS.keys()
    for verdict, (color, _) in answer.LOOKS.items():
        intervals = drawn.count(f'stroke="{color}" stroke-width="2.5"')
        assert intervals == counts[verdict]
        assert drawn.count(f">{verdict}<") == (intervals > 0)


def test_messages_of_troubleshooting_are_in_the_code():
    """What is quoted in the first column; `…` stands for a value."""
    texts = [
        node.value
        for folder in ("layers", "trainers", "zoo")
        for path in (DOCS.parent / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    said = " ".join("\0".join(texts).split())
    page = (DOCS / "troubleshooting.md").read_text()
    cells = re.findall(r"^\| ([^|]+) \|", page, re.M)
    quoted = [
        part.strip()
        for cell in cells
        for quote in re.findall("`([A-Z…-][^`]+)`", cell)
        for part in quote.split("…")
        if len(part.strip()) > 3
    ]
    assert len(quoted) > 30
    assert not [part for part in quoted if part not in said]


def test_docstrings_become_markdown():
    pytest.importorskip("griffe")
    text = """A norm.

Call arguments:
    inputs, reference: tensors
        of any shape.
    mask: boolean.

Returns:
    A pair: of both.

Example:

>>> 1 + 1
2

Reference: a paper.
"""
    expected = """A norm.

**Call arguments:**

- `inputs, reference`: tensors
    of any shape.
- `mask`: boolean.

**Returns:**

A pair: of both.

Example:

```pycon
>>> 1 + 1
2
```

Reference: a paper.
"""
    assert load("docstrings").markdown_of(text) == expected


RESULTS = """\
# Results

| variant |
| --- |

Legend.

## One

About it.

    python -m normzoo.trainers.compare \\
        --workdir=runs/one --jobs=2

norm=old is better.

## Two

    python -m normzoo.trainers.compare --workdir=runs/two

## No command

It stays.
"""


def test_the_results_of_a_page_are_those_of_its_commands(tmp_path):
    none, batch, layer = "norm=none", "norm=batch", "norm=layer"
    for name, values in {
        "one": {none: steady(0.9), batch: steady(0.95), layer: steady(0.9)},
        "two": {none: steady(0.9), layer: steady(0.8)},
    }.items():
        found = made_found(values, least=0.005)
        write_folder(found, tmp_path / name, (ACCURACY,))
    results = load("results")
    text = results.updated(RESULTS, tmp_path)
    table = """\
| variant | One | Two |
| --- | ---: | ---: |
| norm=none | baseline | baseline |
| norm=batch | **+5.00** |  |
| norm=layer | = +0.00 | **-10.00** |

Legend.
"""
    assert table in text
    assert "About it.\n\n    python -m normzoo" in text
    assert "norm=old" not in text
    assert "norm=batch is better than norm=none" in text
    assert "| norm=layer | 80.00" in text
    assert text.endswith("\n\n## No command\n\nIt stays.\n")
    assert results.updated(text, tmp_path) == text
