"""Hand-written pages say what results/ holds, in words that follow the numbers."""

import importlib.util
import math
from pathlib import Path

import pandas as pd
import pytest

from mcsan_lite.errors import DataError
from mcsan_lite.tables.own import load_table, save_table

PLACE = Path(__file__).resolve().parents[2] / "docs" / "measured.py"
SPEC = importlib.util.spec_from_file_location("measured", PLACE)
measured = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(measured)
findings = measured.findings
BY_HAND = ("name", "value", "unit", "date", "command", "machine")


@pytest.mark.parametrize("page", measured.pages())
def test_a_page_shows_what_is_in_results(page):
    text = (measured.ROOT / page).read_text(encoding="utf-8")
    assert measured.render(text, page) == text, "run: python docs/measured.py"
    assert all(f"<!-- /{mark} -->" in text for mark in measured.PARTS.get(page, {}))
    assert text.count("<!-- n ") == text.count("<!-- /n -->")


def test_each_number_of_the_files_is_on_a_page_and_says_where_it_is_from():
    texts = [(measured.ROOT / page).read_text(encoding="utf-8") for page in measured.pages()]
    used = set().union(*map(measured.values.names_used, texts))
    by_hand = load_table(measured.RESULTS / measured.values.BY_HAND)
    assert tuple(by_hand.columns) == BY_HAND
    assert by_hand.name.is_unique and (by_hand.drop(columns="unit") != "").all(axis=None)
    assert used == set(by_hand.name) | set(measured.values.computed_values(measured.RESULTS))


def test_a_number_is_filled_into_its_sentence():
    text = "It takes <!-- n disk -->1 GB<!-- /n --> of disk."
    assert "-->3 GB<!--" in measured.values.fill(text, {"disk": "3 GB"})
    with pytest.raises(DataError, match="asks for disk"):
        measured.values.fill(text, {})


@pytest.mark.parametrize("start", ["", "- "])
def test_a_mark_may_not_begin_a_line(start):
    text = f"It takes\n{start}<!-- n disk -->1 GB<!-- /n --> of disk."
    with pytest.raises(DataError, match="begins a line"):
        measured.values.fill(text, {"disk": "3 GB"})


def readings_table(low):
    rows = [{"world": world, "n": 96} for world in ("matching", "leaking")]
    table = pd.DataFrame(rows).assign(reading="rollout", points=0.5, low=low, high=0.7)
    return table.assign(chance=0.2, seeds=3)


@pytest.mark.parametrize(("low", "cell", "count"), [(0.3, "**0.50", 1), (0.1, "| 0.50", 0)])
def test_bold_readings_are_above_chance(tmp_path, low, cell, count):
    save_table(tmp_path / measured.READINGS, readings_table(low))
    said = measured.readings_lines(tmp_path)
    assert cell in said and f"{count} in the matching world, {count} in the leaking" in said


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ((0.50, 0.51, 0.52), "more often than chance"),
        ((0.01, 0.02, 0.01), "less often than chance"),
        ((0.18, 0.15, 0.20), "it is not shown that"),
    ],
)
def test_words_follow_the_own_sounds(tmp_path, points, says):
    table = pd.DataFrame({"points": points, "seed": [0, 1, 2]})
    table = table.assign(reading="raw attention, mean of heads", chance=0.18)
    table = table.assign(low=0.0, high=1.0, utterances=294, words=2388)
    save_table(tmp_path / measured.OWN_SOUND, table)
    assert says in measured.say_own_sound(tmp_path)


@pytest.mark.parametrize(
    ("same", "left", "says"),
    [("yes", 0, "| the same | nothing |"), ("no", 2, "| **not the same** | **2 files** |")],
)
def test_words_follow_the_kills(tmp_path, same, left, says):
    row = {"task": "training", "kills": 40, "starts": 50, "same": same, "left": left}
    save_table(tmp_path / measured.KILLS, pd.DataFrame([row]))
    assert says in measured.kills_lines(tmp_path)


def test_each_section_of_the_old_readme_went_somewhere():
    table = load_table(measured.moved.MOVED, numbers=("words",))
    assert len(table) > 15 and (table.words > 0).all()
    for pages in table.pages:
        for page in pages.split():
            folder = measured.ROOT if page == "README.md" else measured.ROOT / "docs"
            assert (folder / page).is_file(), page


def test_words_are_counted_by_section():
    text = "# One\n\ntwo words\n\n## Two\n\nand three more\n\n### Three\n"
    assert measured.moved.words_of_sections(text) == {"One": 2, "Two": 3, "Three": 0}


@pytest.mark.parametrize(
    ("points", "others", "says"),
    [
        ((0.60, 0.61, 0.62), (0.20, 0.21, 0.20), "the word looks at its own sound."),
        (
            (0.60, 0.61, 0.62),
            (0.61, 0.60, 0.62),
            "not shown that different words look at different places.",
        ),
        ((0.21, 0.19, 0.20), (0.20, 0.21, 0.20), "It is not shown to be above chance."),
    ],
)
def test_words_follow_the_rows(tmp_path, points, others, says):
    table = pd.DataFrame({"points": points, "others": others})
    table = table.assign(world="matching", seed=[0, 1, 2], n=300, chance=0.2)
    save_table(tmp_path / measured.ROWS, table)
    assert measured.say_rows(measured.rows_of_map(tmp_path).loc["matching"]).endswith(says)
    assert says in measured.picture_caption(tmp_path)


@pytest.mark.parametrize(
    ("gap", "says"),
    [
        (0.05, "does not prove that it matched words with their sounds.** Boosted trees"),
        (0.05, "is above them (+5.0 points [+4.0, +6.0]; "),
        (0.0, "is not distinguishable from them (+0.0 points [-1.0, +1.0]; "),
        (-0.05, "does not prove that it matched words with their sounds.** Boosted trees"),
        (-0.05, "is below them ("),
    ],
)
def test_words_follow_the_floor(tmp_path, gap, says):
    order = f"floor: {findings.ORDER_ALONE}"
    above = {"": gap, " low": gap - 0.01, " high": gap + 0.01}
    mcsan = {f"wa above best floor{end}": value for end, value in above.items()}
    table = pd.DataFrame([{"row": "MCSAN", "wa": 0.9, **mcsan}, {"row": order, "wa": 0.8}])
    table = table.assign(basis="3 folds, …", **{"wa low": 0.7, "wa high": 0.95})
    file = tmp_path / findings.ABLATIONS[-1]
    save_table(file, table)
    said = findings.say_order(tmp_path)
    assert says in said and "reach 0.800 [0.700, 0.950] on 3 folds" in said
    assert "more seeds" not in said
    save_table(tmp_path / findings.SIX_SEEDS, table)
    with_six = findings.say_order(tmp_path)
    told = findings.gap_in_words(pd.Series([gap, gap - 0.01, gap + 0.01]))
    assert with_six == said[:-1] + f". With three more seeds it is {told}."
    better = pd.concat([table, pd.DataFrame([{"row": "floor: majority", "wa": 0.99}])])
    save_table(file, better)
    with pytest.raises(ValueError, match="majority"):
        findings.say_order(tmp_path)


@pytest.mark.parametrize(
    ("low", "holm", "says"),
    [(0.05, 0.01, "is ahead of simpler"), (-0.05, 0.9, "is not shown to be ahead of all")],
)
def test_words_follow_the_fusions(tmp_path, low, holm, says):
    rows = [
        {"row": "MCSAN", "wa": 0.95, "wa low": 0.9, "wa high": 1.0},
        {"row": "early", "wa": 0.85, "wa gap low": low, "wa Holm p": holm},
        {"row": "late", "wa": 0.84, "wa gap low": 0.05, "wa Holm p": 0.01},
    ]
    basis = "3 folds, corrected t; 1 seed (another may say otherwise)"
    save_table(tmp_path / findings.FUSION, pd.DataFrame(rows).assign(basis=basis))
    said = findings.say_fusion(tmp_path)
    assert says in said and "on the same encoders, 3 folds and 1 seed, it reaches" in said


@pytest.mark.parametrize(
    ("holm", "says", "left"),
    [
        (
            0.01,
            "Of the paper's 1 ablation, 1 is shown to lower",
            "ahead of its versions without cross-attention (+6.0 points [+1.0, +11.0])",
        ),
        (0.2, "Of the paper's 1 ablation, 0 are shown", "ahead of none of them ("),
    ],
)
def test_words_follow_the_ablations(tmp_path, holm, says, left):
    gap = {"wa gap": 0.06, "wa gap low": 0.01, "wa gap high": 0.11, "wa Holm p": holm}
    guess = {"row": "floor: majority", "wa": 0.15}
    rows = [{"row": "MCSAN", "wa": 0.95}, {"row": "w/o cross", "wa": 0.89, **gap}, guess]
    began = pd.DataFrame({"name": ["MCSAN", "w/o cross"], "wa": [0.95, 0.89], "n_test": 400})
    for name, basis in zip(findings.ABLATIONS[::-1], ("3 folds, …", "10 folds, …"), strict=True):
        save_table(tmp_path / name, pd.DataFrame(rows).assign(basis=basis))
        trainings = tmp_path / f"{Path(name).stem}-folds.csv"
        save_table(trainings, began)
        said = findings.say_wiring(tmp_path)
        assert says in said and left in said and "never began" not in said
        assert f"On {basis.removesuffix(', …')}, after" in said  # the larger table
        save_table(trainings, began.assign(wa=[0.95, 0.15]))
        said = findings.say_wiring(tmp_path)
        assert "never began to learn: 1, of the versions without cross-attention." in said


def deeper(change, stuck=1):
    """What `depth_by_rate` finds of MCSAN and two deeper networks; `change` is low and high."""
    low, high = change
    gaps = {"gap": 0.06, "gap low": 0.01, "gap high": 0.11}
    gaps |= {"change": (low + high) / 2, "change low": low, "change high": high}
    found = pd.DataFrame([gaps] * 3, ["MCSAN", "N = 2", "N = 3"]).assign(trainings=30, stuck=stuck)
    return pd.concat({0.0015: found.assign(stuck=9), findings.RATE_ON_IEMOCAP: found})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((-0.3, -0.1), "score; the cost of two layers and three layers depends on the learning"),
        ((0.1, 0.3), "score; the cost of two layers and three layers depends on the learning"),
        ((-0.3, 0.1), "shown to lower the score.** On 10 folds"),
        ((math.nan, math.nan), "shown to lower the score.** On 10 folds"),
    ],
)
def test_a_gap_that_changes_with_the_rate_is_a_headline(tmp_path, monkeypatch, change, says):
    gap = {"wa gap": 0.06, "wa gap low": 0.01, "wa gap high": 0.11, "wa Holm p": 0.01}
    rows = [{"row": row, "wa": 0.9} | gap for row in ("w/o cross", "N = 2", "N = 3")]
    table = pd.DataFrame([{"row": "MCSAN", "wa": 0.95}, *rows]).assign(basis="10 folds, …")
    save_table(tmp_path / findings.ABLATIONS[0], table)
    monkeypatch.setattr(findings, "say_never_began", lambda file: ["Of 60, 18 never began."])
    monkeypatch.setattr(findings, "depth_by_rate", lambda results: deeper(change))
    said = findings.say_wiring(tmp_path)
    assert says in said
    assert "18 never began. At the paper's learning rate it is 2 of 60, and the lead in" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((-0.3, -0.1), "+6.0 [+1.0, +11.0] over two layers (a change of -20.0 [-30.0, -10.0]) and"),
        ((math.nan, math.nan), "+6.0 [+1.0, +11.0] over three layers."),
    ],
)
def test_words_follow_the_depths(tmp_path, monkeypatch, change, says):
    assert findings.say_depth(findings.depths_at_paper_rate(tmp_path)) == []
    monkeypatch.setattr(findings, "depth_by_rate", lambda results: deeper(change))
    (said,) = findings.say_depth(findings.depths_at_paper_rate(tmp_path))
    assert says in said


def test_deeper_trainings_are_counted_by_themselves(tmp_path):
    file = tmp_path / findings.ABLATIONS[0]
    save_table(file, pd.DataFrame([{"row": "floor: majority", "wa": 0.15}]))
    rows = ["MCSAN", "N = 2", "N = 3", "N = 3"]
    trained = pd.DataFrame({"name": rows, "wa": [0.95, 0.15, 0.9, 0.15], "n_test": 400})
    save_table(tmp_path / f"{file.stem}-folds.csv", trained)
    (said,) = findings.say_never_began(file)
    assert said == "Of 3 trainings with two or three layers, 2 never began to learn."
    save_table(tmp_path / f"{file.stem}-folds.csv", trained[:1])
    assert findings.say_never_began(file) == []


@pytest.mark.parametrize(
    ("ours", "stripped", "says", "matches"),
    [
        (
            0.80,
            0.95,
            "MCSAN is not shown to recognise sounds.",
            "so that network does recognise them (",
        ),
        (
            0.95,
            0.80,
            "MCSAN recognises sounds.",
            "so that network is not shown to recognise them, either (",
        ),
    ],
)
def test_words_follow_the_listed_world(tmp_path, ours, stripped, says, matches):
    rows = [
        {"change": name, "WA": wa, "low": wa - 0.01, "high": wa + 0.01}
        for name, wa in (("MCSAN", ours), ("neither", stripped))
    ]
    save_table(tmp_path / findings.IDENTITY, pd.DataFrame(rows))
    (tmp_path / "measured-by-hand.csv").write_bytes(
        (measured.RESULTS / "measured-by-hand.csv").read_bytes()
    )
    said = findings.say_identity(tmp_path)
    assert says in said and matches in said


@pytest.mark.parametrize(
    ("listed", "says", "worth"),
    [(0.0, "no evidence that a word was matched", "+0.0"), (0.1, "order tells nothing", "+10.0")],
)
def test_words_follow_the_two_worlds(tmp_path, listed, says, worth):
    assert findings.say_cross(tmp_path) == []
    assert "Not run" in measured.worlds_lines(tmp_path)
    rows = ["MCSAN", "w/o cross", "floor: order alone + boosted trees"]
    for world, gap in (("synthetic", 0.1), ("listed", listed)):
        numbers = {"wa gap": gap, "wa gap low": gap - 0.01, "wa gap high": gap + 0.01}
        table = pd.DataFrame({"row": rows, "wa": 0.8, "wa low": 0.7, "wa high": 0.9, **numbers})
        save_table(tmp_path / f"table3-{world}-full.csv", table)
    assert says in measured.worlds_lines(tmp_path)
    assert findings.say_cross(tmp_path)[0].startswith(
        f"On ten folds of that world MCSAN has 0.800, and cross-attention changes that by {worth}"
    )


def world_of_rivals(**gaps):
    """Table 1 of one world: MCSAN, its rivals with their gaps to it, and the trees at 0.8."""
    rows = [{"row": "MCSAN", "wa": 0.8, "wa above best floor low": -0.01}]
    for name, gap in gaps.items():
        ends = {"wa gap": gap, "wa gap low": gap - 0.01, "wa gap high": gap + 0.01}
        rows.append({"row": name, "wa": 0.8 - gap, "wa above best floor low": -gap - 0.01, **ends})
    floor = {"row": "floor: order alone + boosted trees", "wa": 0.8}
    table = pd.DataFrame([*rows, {"row": "not run"}, floor])
    return table.assign(**{"wa low": table.wa - 0.01, "wa high": table.wa + 0.01})


MHA_09, MULT_092 = "MHA (0.900 [0.890, 0.910])", "MulT (0.920 [0.910, 0.930])"


@pytest.mark.parametrize(
    ("matching", "listed", "says"),
    [
        (
            {"MHA": 0.1, "MulT": 0.1},
            {"MHA": -0.1, "MulT": -0.12},
            "Of 2 rivals trained there on sound and words alone, these recognise sounds: "
            f"{MHA_09} and {MULT_092}; in the matching world each of them is behind MCSAN "
            "(lesson 15).",
        ),
        (
            {"MHA": 0.1, "MulT": -0.1},
            {"MHA": -0.1, "MulT": -0.12},
            "Of 2 rivals trained there on sound and words alone, these recognise sounds: "
            f"{MHA_09} and {MULT_092}; in the matching world MHA is behind MCSAN (lesson 15).",
        ),
        (
            {"MHA": -0.1},
            {"MHA": -0.1},
            "Of 1 rival trained there on sound and words alone, these recognise sounds: "
            f"{MHA_09} (lesson 15).",
        ),
        (
            {"MHA": -0.1},
            {"MHA": 0.1},
            "Of 1 rival trained there on sound and words alone, none is shown to recognise sounds "
            "(lesson 15).",
        ),
    ],
)
def test_words_follow_the_rivals(tmp_path, matching, listed, says):
    (tmp_path / measured.values.BY_HAND).write_text(
        "name,value,unit\nlisted bound of all folds,.81,\n"
    )
    assert findings.say_rivals(tmp_path) == []
    assert "Not run" in measured.rivals_lines(tmp_path)
    for world, gaps in (("synthetic", matching), ("listed", listed)):
        table = world_of_rivals(**gaps, AMH=-0.1)  # AMH sees the face
        save_table(tmp_path / f"table1-{world}-full.csv", table)
    assert findings.say_rivals(tmp_path) == [says]
    assert "AMH: given video" in measured.rivals_lines(tmp_path)
