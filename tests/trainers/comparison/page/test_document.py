"""The page of a comparison, read as a browser reads it."""

import itertools
import re

import pytest

from normzoo.configs import gaussians_gan
from normzoo.trainers.comparison import report
from normzoo.trainers.gans.metrics import measures

from ..made_folder import COMMAND, write_folder
from ..made_found import ACCURACY, DISTANCE, LOSS, made_found, steady
from .reading import parsed

NONE, BATCH = "norm=none", "norm=batch"
SCRIPT = "norm=<script>alert('1')</script>&".replace("/", "_")
RATES = (0.001, 0.01, 0.1)
POPULATION = {
    "test_accuracy_moving": 0.5,
    "test_examples": 360,
    "examples": {"train": 1149, "validation": 288, "test": 360},
}


def gan():
    """Returns a made-up comparison of GANs."""
    config = gaussians_gan.get_config()
    more = dict.fromkeys([m.key for m in measures.every(config)], 1.25)
    more |= {"last_n_real": 500, "last_n_fake": 400, "last_seed": 7}
    more |= {"split": "test", "features": "pixels"}
    found = made_found(
        {NONE: steady(9, 2, 1), BATCH: steady(8, 2, 1)},
        metric=DISTANCE,
        least=1.0,
        results={NONE: more, BATCH: more},
    )
    outcomes = []
    for outcome in found.outcomes:
        mine = config.copy_and_resolve_references()
        mine.seed = outcome.seed
        run = outcome.run._replace(config=mine)
        outcomes.append(outcome._replace(run=run))
    return found._replace(outcomes=tuple(outcomes))


#: Name -> (a `Found`, its columns).
FOUND = {
    "tuned, one diverged": (
        made_found(
            {NONE: steady(0.9), BATCH: [*steady(0.94, 9), None]},
            rates=RATES,
            chosen={BATCH: [0.1] * 3 + [0.01] * 7},
            results={BATCH: [POPULATION] * 9 + [{}]},
            vary_split=True,
        ),
        (ACCURACY, LOSS),
    ),
    "all diverged": (
        made_found({NONE: [None] * 3, BATCH: [None] * 3}),
        (ACCURACY, LOSS),
    ),
    "one seed": (made_found({NONE: [0.9], BATCH: [0.95]}), (ACCURACY,)),
    "one variant": (made_found({NONE: steady(0.9)}), (ACCURACY,)),
    "loss alone, one diverged": (
        made_found(
            {NONE: [*steady(0.3, 9, 0.1), None], BATCH: steady(20.0)},
            metric=LOSS,
        ),
        (LOSS,),
    ),
    "odd names": (
        made_found({"norm=a\"b|c'": steady(0.9), SCRIPT: steady(0.8)}),
        (ACCURACY,),
    ),
    "many variants": (
        made_found({f"norm={i}": steady(0.9 + i / 500) for i in range(12)}),
        (ACCURACY,),
    ),
    "gan": (gan(), (DISTANCE,)),
}


@pytest.fixture(scope="module", params=FOUND)
def written(request, tmp_path_factory):
    """The folder of each of these comparisons, and its summary."""
    folder = tmp_path_factory.mktemp("comparison")
    return folder, write_folder(*_arguments(request.param, folder))


def _arguments(name, folder):
    found, columns = FOUND[name]
    return found, folder, columns


def page_of(name, folder):
    """Returns the root of a page."""
    write_folder(*_arguments(name, folder))
    return parsed((folder / "report.html").read_text())


@pytest.fixture
def page(written):
    return parsed((written[0] / "report.html").read_text())


def test_the_answer_comes_first(page, written):
    header, *_ = page.all("header")
    assert header.all("p")[0].text == written[1].sentence
    _, first, *_ = page.all("main")[0].all()
    assert first.text == "Result"


def test_every_chart_says_what_it_shows(page, written):
    charts = [x for x in page.all("svg") if x.attributes.get("role") == "img"]
    assert len(charts) >= 2
    for chart in charts:
        ids = {x.attributes.get("id"): x for x in chart.all()}
        title, description = chart.attributes["aria-labelledby"].split()
        assert ids[title].name == "title"
        assert ids[title].text
        assert ids[description].name == "desc"
        assert len(ids[description].text) > 20
        assert chart.all("text")
    hidden = [x for x in page.all("svg") if x not in charts]
    assert all(x.attributes["aria-hidden"] == "true" for x in hidden)
    assert "nan" not in "".join(x.attributes.get("d", "") for x in page.all())
    assert "inf" not in "".join(x.attributes.get("d", "") for x in page.all())


def test_every_chart_stays_in_its_frame(page):
    for chart in page.all("svg"):
        _, _, width, height = map(float, chart.attributes["viewbox"].split())
        for each in chart.all("text"):
            assert 0 <= float(each.attributes["x"]) <= width
            assert 0 <= float(each.attributes["y"]) <= height
        for each in chart.all("path"):
            moved = each.attributes.get("transform", "")
            if found := re.match(r"translate\((\S+) (\S+)\)", moved):
                assert 0 <= float(found[1]) <= width
                assert 0 <= float(found[2]) <= height


def test_every_table_has_headings(page):
    assert page.all("table")
    for table in page.all("table"):
        head, *rows = table.all("tr")
        titles = [x.text for x in head.all("th")]
        assert all(x.attributes["scope"] == "col" for x in head.all("th"))
        assert all(titles)
        for row in rows:
            name, *cells = row.children
            assert (name.name, name.attributes["scope"]) == ("th", "row")
            assert len(cells) == len(titles) - 1
            # A phone shows them in front of the cells.
            shown = [cell.attributes["data-title"] for cell in cells]
            assert shown == titles[1:]


def test_ids_are_unique_and_links_lead_somewhere(page):
    ids = [x.attributes["id"] for x in page.all() if "id" in x.attributes]
    assert len(ids) == len(set(ids))
    links = [x.attributes["href"] for x in page.all("a")]
    assert len(links) > 3
    assert {link.removeprefix("#") for link in links} <= set(ids)
    for each in page.all():
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(each.attributes.get(name, "").split()) <= set(ids)


def test_nothing_is_loaded(page):
    for each in page.all():
        assert each.name not in {"script", "link", "iframe", "object", "base"}
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            value = each.attributes.get(name, "#")
            assert value.startswith(("#", "data:image/png;base64,"))
    styles = "".join(x.text for x in page.all("style"))
    assert "url(" not in styles
    assert "@import" not in styles
    assert not [x for x in page.all() if "style" in x.attributes]


def test_headings_go_down_step_by_step(page):
    levels = [
        int(x.name[1]) for x in page.all() if re.fullmatch(r"h\d", x.name)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    steps = itertools.pairwise(levels)
    assert all(after <= before + 1 for before, after in steps)


def test_pictures_have_words(page):
    assert all(x.attributes["alt"] for x in page.all("img"))
    (root,) = page.all("html")
    assert root.attributes["lang"] == "en"
    assert page.all("title")[0].text.startswith("Comparison: ")


def test_the_command_and_the_versions_are_there(page):
    text = page.all("main")[0].text
    assert COMMAND in text
    assert "tensorflow" in text
    summaries = [x.text for x in page.all("summary")]
    assert len(summaries) == 3
    assert all("open" not in x.attributes for x in page.all("details"))


def test_markdown_says_the_same(written):
    folder, summary = written
    text = (folder / "summary.md").read_text()
    assert text.startswith(summary.sentence + "\n\n| variant |")
    assert text.endswith(f"    {COMMAND}\n")
    assert "Made with python 3." in text


def test_the_pages_are_made_again_from_the_folder_alone(written):
    folder, _ = written
    names = ("report.html", "summary.md")
    before = [(folder / name).read_text() for name in names]
    for name in names:
        (folder / name).unlink()
    report.write_pages(folder)
    assert [(folder / name).read_text() for name in names] == before


def sections(page):
    """Returns id -> `Element` of the sections."""
    return {x.attributes["id"]: x for x in page.all("section")}


def test_what_was_tuned_and_what_diverged(tmp_path):
    found = sections(page_of("tuned, one diverged", tmp_path))
    table = [[x.text for x in row.children] for row in found["tuned"].all("tr")]
    assert table == [
        ["variant", "0.001", "0.01", "0.1"],
        [NONE, "", "10", ""],
        [BATCH, "", "7", "3"],
    ]
    assert "The largest learning_rate, 0.1, was" in found["tuned"].text
    assert "The largest" not in found["notes"].text
    moving = found["statistics"].all("tr")[1]
    assert moving.text.startswith(f"{BATCH} 9")
    assert moving.text.endswith(" 50.00 [0.00, 50.00]")
    assert "1 of 10 runs of norm=batch diverged" in found["failures"].text
    assert found["failures"].all("tr")[1].text == f"{BATCH} 9 n/a 1"
    splits = [row.text for row in found["method"].all("table")[0].all("tr")]
    assert splits == [
        "split examples",
        "training 1,149",
        "validation 288",
        "test 360",
    ]
    text = (tmp_path / "summary.md").read_text()
    assert (
        "digits: 1,149 training, 288 validation, 360 test examples; each seed "
        "draws the training and validation split again." in text
    )


def test_a_page_has_no_part_that_would_be_empty(tmp_path):
    found = sections(page_of("one variant", tmp_path))
    assert list(found) == [
        "result",
        "seeds",
        "curves",
        "cost",
        "notes",
        "method",
    ]


#: Memory of the second variant -> (the column, how many are drawn).
MEMORY = {
    "known": ({"weights": 1_000, "activations": 26_000}, "27 kB", 2),
    "not known": (None, "n/a", 1),
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_is_a_cost(name, tmp_path):
    memory, text, drawn = MEMORY[name]
    made = {NONE: steady(0.9), BATCH: steady(0.95)}
    found = made_found(made, results={BATCH: {"memory": memory}})
    write_folder(found, tmp_path, (ACCURACY,))
    page = parsed((tmp_path / "report.html").read_text())
    cost = sections(page)["cost"]
    titles, *rows = [
        [cell.text for cell in row.children] for row in cost.all("tr")
    ]
    column = [row[titles.index("memory")] for row in rows]
    assert column == ["2.01 MB", text]
    *_, last = [x for x in cost.all("svg") if x.all("desc")]
    assert "MB of memory" in last.text
    whiskers = [
        x
        for x in last.all("line")
        if x.attributes.get("class", "").startswith("whisker")
    ]
    assert len(whiskers) == drawn


def test_runs_of_an_older_version_have_no_memory(tmp_path):
    found = made_found({NONE: steady(0.9), BATCH: steady(0.95)})
    for outcome in found.outcomes:
        del outcome.result["memory"]
    write_folder(found, tmp_path, (ACCURACY,))
    cost = sections(parsed((tmp_path / "report.html").read_text()))["cost"]
    assert "Quality and memory" not in cost.text
    assert "n/a" in cost.all("tr")[1].text


def test_all_diverged(tmp_path):
    found = sections(page_of("all diverged", tmp_path))
    assert "All 3 runs of norm=none diverged." in found["failures"].text
    crosses = [
        x
        for x in found["seeds"].all("path")
        if x.attributes["class"].startswith("cross")
    ]
    assert len(crosses) == 6


def test_differences_are_drawn_beside_what_counts(tmp_path):
    found = sections(page_of("tuned, one diverged", tmp_path))["seeds"]
    paired, values = found.all("svg")
    (least,) = paired.all("rect")
    assert least.text == "smaller than 0.50 points"
    assert len(paired.all("circle")) == 9
    assert not values.all("rect")
    assert len(values.all("circle")) == 19
    words = [x.text for x in paired.all("text")]
    assert "← worse" in words
    assert "better →" in words


def test_samples_of_gans_stand_side_by_side(tmp_path):
    found = gan()
    for outcome in found.outcomes:
        images = tmp_path / outcome.run.name / "images"
        images.mkdir(parents=True)
        (images / "fixed-0001.png").write_bytes(b"PNG")
        (images / "real.png").write_bytes(b"PNG")
    write_folder(found, tmp_path, (DISTANCE,))
    page = parsed((tmp_path / "report.html").read_text())
    runs = sections(page)["runs"]
    pictures = [x.attributes["alt"] for x in runs.all("img")]
    assert pictures == [
        "Real examples",
        f"Samples of {NONE}",
        f"Samples of {BATCH}",
    ]
    assert "500 real and 400 generated examples" in runs.text
