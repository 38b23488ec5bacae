"""The pages about the claims, from records of both rules."""

import json
import pathlib
import re

import pytest

import normzoo
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.claims import publishing, reading
from normzoo.trainers.comparison.claims.page import TABLES, claims_page, table
from normzoo.trainers.comparison.claims.reading import Entry
from normzoo.trainers.comparison.claims.records import interval_text
from normzoo.trainers.comparison.claims.tables import tables_page

DOCS = pathlib.Path(normzoo.__file__).parent / "docs"
S, R, U = "supported", "refuted", "undecided"


def made(verdicts, first_seed=0, name="speed", **more):
    """Returns a record with a verdict for each data set."""
    judged = {
        data: {
            "verdict": verdict,
            "effect": 0.25,
            "low": 0.2,
            "high": None if verdict == U else 0.31,
            "level": 0.99,
            "seeds": 10,
            "seeds_needed": 33 if verdict == U else None,
            "effects": {"0": 0.25},
        }
        for data, verdict in verdicts.items()
    }
    point = {"series": "batch", "x": 0.1, "values": {"0": 9.0, "1": 12.0}}
    return {
        "name": name,
        "number": 4,
        "sentence": "Batch norm speeds up training.",
        "measured": "steps",
        "minimal": 0.1,
        "limits": "Small.",
        "axes": ["log learning rate", "log steps"],
        "datasets": list(verdicts),
        "first_seed": first_seed,
        "verdict": "any",
        "judged": judged,
        "observations": [
            {
                "dataset": "digits",
                "label": "seen",
                "center": 2.0,
                "low": 1.0,
                "high": 3.0,
                "values": {"0": 2.0},
            }
        ],
        "chosen": [
            {
                "dataset": "digits",
                "label": "batch",
                "setting": "rate",
                "offered": [0.1, 1.0, 10.0],
                "values": {"0": 0.1, "1": 1.0, "2": 0.1},
            }
        ],
        "curves": {"digits": [point]},
        "runs": 60,
        "diverged": 2,
        "seconds": 600.0,
        "changes": ["claim.minimal was 0 when 8 seeds had been seen."],
        "command": "python -m it",
        "date": "2026-11-26",
        "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"},
        **more,
    }


OLDER = {
    **made({"digits": S, "mnist1d": S}),
    "verdict": "inconclusive",
    "effect": 1.05,
    "low": 0.217,
    "high": 1.88,
    "seeds": 5,
    "observations": [
        {"dataset": "digits", "label": "one", "mean": 1.0, "half_width": 0.5},
        {"dataset": "digits", "label": "two", "mean": 2.0, "half_width": None},
    ],
}
for _key in ("judged", "chosen", "seconds", "changes"):
    del OLDER[_key]


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (made({"digits": S}), "**supported**"),
        (made({"digits": R, "mnist1d": R}), "**refuted**"),
        (
            made({"digits": S, "mnist1d": U}),
            "**supported** on digits, **undecided** on mnist1d",
        ),
        (
            made({"a": R, "b": S, "c": R, "d": R}),
            "**supported** on b, **refuted** on a, c and d",
        ),
        (OLDER, "undecided *(older rules)*"),
    ],
)
def test_the_verdict_in_the_table(record, text):
    shown = table([Entry(record, [])], "docs/claims.md")
    line = (
        "| 4 | [Batch norm speeds up training.](docs/claims.md#speed) | "
        f"{text} |\n"
    )
    assert shown.endswith(line)


def pair(first, second, name="speed"):
    return Entry(made(first, name=name), [made(second, 1000, name=name)])


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ([Entry(made({"digits": S}), [])], None),
        # Of the older rules nothing is counted, nor are other first seeds.
        ([Entry(OLDER, [{**OLDER, "first_seed": 1000}])], None),
        ([Entry(made({"digits": S}), [made({"digits": R}, 5)])], None),
        (
            [pair({"digits": S, "mnist1d": U}, {"digits": S, "mnist1d": S})],
            "Of these claims, 1 was run a second time, with seeds from 1000: 1 "
            "of 2 verdicts on single data sets are the same. None changed from "
            "supported to refuted, or back.",
        ),
        (
            [
                pair({"digits": S, "mnist1d": R}, {"digits": R, "mnist1d": S}),
                pair({"digits": U}, {"digits": U}, "position"),
            ],
            "Of these claims, 2 were run a second time, with seeds from 1000: "
            "1 of 3 verdicts on single data sets are the same. These changed "
            "from supported to refuted, or back: speed on digits (supported, "
            "then refuted); speed on mnist1d (refuted, then supported).",
        ),
    ],
)
def test_the_agreement_of_both_passes(claims, text):
    page = claims_page(claims, dict.fromkeys(("speed", "position"), ""))
    if text is None:
        assert "a second time" not in page
    else:
        assert text in " ".join(page.split())


def test_a_section():
    entry = Entry(made({"digits": S, "mnist1d": U}), [])
    page = claims_page([entry], {"speed": "It is so."})
    assert "older rules" not in page
    section = page.partition('<a id="speed"></a>')[2]
    assert section == (
        """

## 4. Batch norm speeds up training.

- digits: **supported**, 0.25 [0.2, 0.31] over 10 seeds
- mnist1d: **undecided**, 0.25 [0.2, ?] over 10 seeds

![steps by learning rate](results/speed.svg)

It is so.

The effect, of which more than 0.1 counts: steps. [All numbers](TABLES#speed)
""".replace("TABLES", TABLES)
    )


def test_a_section_of_older_rules():
    page = claims_page([Entry(OLDER, [])], {"speed": ""})
    assert "Claims that are marked *older rules*" in page
    assert (
        "- mean of digits and mnist1d: **undecided**, by older rules, 1.05 "
        "[0.217, 1.88] over 5 seeds"
    ) in page


def test_the_tables():
    entry = pair({"digits": S, "mnist1d": U}, {"digits": U, "mnist1d": U})
    page = tables_page([entry], {"speed": "More."})
    for text in (
        '<a id="speed"></a>',
        "\nMore.\n",
        "| from 0 | digits | supported | 0.25 [0.2, 0.31] | 10 |",
        "| from 0 | mnist1d | undecided | 0.25 [0.2, ?] | 10 (about 33 would "
        "decide) |",
        "| from 1000, the second pass | digits | undecided |",
        "| digits | batch | rate | 0.1 x 2, 1 x 1; 0.1 ends the grid |",
        "| digits | seen | 2 [1, 3] |",
        "claim.minimal was 0",
        "60 runs, 2 diverged, 10 minutes of training, 2026-11-26",
        "\n    python -m it\n",
    ):
        assert text in page, text
    assert (
        "took 0.2 hours in the first pass (60 runs), 0.2 hours in the second "
        "pass (60 runs): the sum"
    ) in page.replace("\n", " ")


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((1.2345, -0.5, 20.0), "1.23 [-0.5, 20]"),
        ((-7e-18, -0.1, 1e-17), "0 [-0.1, 0]"),
        ((0.5, None, None), "0.5 [?, ?]"),
    ],
)
def test_an_interval_in_a_table(numbers, text):
    found = dict(zip(("effect", "low", "high"), numbers, strict=True))
    assert interval_text(found) == text


def test_the_tables_of_older_rules():
    page = tables_page([Entry(OLDER, [])], {"speed": ""})
    assert "hours" not in page
    assert "| undecided (older rules) | 1.05 [0.217, 1.88] | 5 |" in page
    assert "| digits | one | 1 ± 0.5 |" in page
    assert "| digits | two | 2 |" in page


def test_a_new_record_hides_older_ones_of_other_seeds(tmp_path):
    records = {
        "speed": made({"digits": S}),
        "speed-seeds-from-100": {**OLDER, "first_seed": 100},
        "speed-seeds-from-1000": made({"digits": S}, 1000),
    }
    for name, record in records.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    (entry,) = reading.entries(tmp_path)
    assert [other["first_seed"] for other in entry.others] == [1000]
    assert entry.second["first_seed"] == 1000


def test_another_data_set_stands_beside_the_claims_own(tmp_path):
    slice_ = {"elsewhere": "train[:1500]", "command": "python -m that"}
    records = [
        made({"digits": S}),
        made({"digits": S}, 1000),
        made({"mnist": R}, **slice_),
        made({"mnist": U}, 1000, **slice_),
    ]
    for i, record in enumerate(records):
        folder = tmp_path / "runs" / str(i)
        folder.mkdir(parents=True)
        (folder / "claim.json").write_text(json.dumps(record))
    results = tmp_path / "results"
    results.mkdir()
    publishing.collect(tmp_path / "runs", results)
    assert len(list(results.glob("*.json"))) == 4
    (entry,) = reading.entries(results)
    assert entry.record == records[0]
    assert entry.second == records[1]
    assert entry.elsewhere == [records[2]]
    page = claims_page([entry], {"speed": ""})
    assert "\n- mnist (`train[:1500]`): **refuted**, 0.25" in page
    assert "Some experiments were repeated on another data set" in page
    assert "| **supported** |" in page  # the table has the claim's own
    assert "1 of 1 verdicts" in page
    assert "another data set" not in claims_page(
        [Entry(records[0], [])], {"speed": ""}
    )
    tables = tables_page([entry], {"speed": ""})
    assert "| from 1000, the second pass | mnist (`train[:1500]`) |" in tables
    assert tables.count("    python -m it\n") == 1
    assert tables.count("    python -m that\n") == 1


def test_what_is_published(tmp_path):
    runs = {"speed": made({"digits": S}), "two": made({"digits": S}, 1000)}
    for folder, content in runs.items():
        (tmp_path / "runs" / folder).mkdir(parents=True)
        path = tmp_path / "runs" / folder / "claim.json"
        path.write_text(json.dumps(content))
    results = tmp_path / "docs" / "results"
    results.mkdir(parents=True)
    (results / "speed.md").write_text("Short.\n\nLong.\n\nLonger.\n")
    readme = tmp_path / "README.md"
    readme.write_text(
        "Top\n<!-- claims -->\nold\n<!-- end of claims -->\nEnd\n"
    )
    publishing.publish(tmp_path / "runs", tmp_path / "docs")
    text = readme.read_text()
    assert "old" not in text
    assert text.startswith("Top\n<!-- claims -->\n| |")
    assert text.endswith("<!-- end of claims -->\nEnd\n")
    page = (tmp_path / "docs" / "claims.md").read_text()
    tables = (tmp_path / "docs" / "claims_tables.md").read_text()
    assert "\nShort.\n" in page
    assert "Long" not in page
    assert "\nLong.\n\nLonger.\n" in tables
    assert (results / "speed.svg").read_text().startswith("<?xml")
    assert sorted(path.name for path in results.glob("*.json")) == [
        "speed-seeds-from-1000.json",
        "speed.json",
    ]


def test_a_readme_without_marks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("Nothing\n")
    with pytest.raises(InputError, match="has no <!-- claims -->"):
        publishing.put_into(readme, "")


def test_nothing_to_publish(tmp_path):
    with pytest.raises(InputError, match=r"No .*claim\.json"):
        publishing.collect(tmp_path, tmp_path)


def test_the_documents_are_those_of_the_records(tmp_path):
    """Nobody has written into the generated pages by hand."""
    claims = reading.entries(DOCS / "results")
    for entry in claims:
        (tmp_path / "results").mkdir(exist_ok=True)
        text = DOCS / "results" / f"{entry.name}.md"
        if text.exists():
            copy = tmp_path / "results" / text.name
            copy.write_text(text.read_text())
        for record in (entry.record, *entry.others):
            name = f"{publishing.file_name(record)}.json"
            (tmp_path / "results" / name).write_text(json.dumps(record))
    publishing.write(tmp_path)
    for page in ("claims.md", "claims_tables.md"):
        assert (tmp_path / page).read_text() == (DOCS / page).read_text()
    readme = (DOCS.parent / "README.md").read_text()
    assert table(claims, "docs/claims.md") in readme


def test_links_within_the_pages():
    for page in ("claims.md", "claims_tables.md"):
        anchors = re.findall(r'<a id="(\w+)"', (DOCS / page).read_text())
        assert len(set(anchors)) == len(anchors) > 0
        for other in (*DOCS.glob("*.md"), DOCS.parent / "README.md"):
            for target in re.findall(rf"{page}#(\w+)\)", other.read_text()):
                assert target in anchors
