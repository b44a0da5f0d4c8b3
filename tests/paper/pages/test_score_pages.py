"""Floors, runs, tables and open choices as pages; their sentences follow the numbers."""

import pandas as pd
import pytest
from made_results import results
from page_reading import read_page

from mcsan_lite.figures.pages.page import Sheet
from mcsan_lite.paper import verdicts
from mcsan_lite.paper.ambiguities import sensitivity
from mcsan_lite.paper.ledgers import ambiguities_ledger
from mcsan_lite.paper.pages.said import gap_sentences
from mcsan_lite.paper.pages.scores import draw_trainings, floors_page, leak_answer, runs_page
from mcsan_lite.paper.pages.tables import choices_page, table_page

WICKED = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("speaker", "good", "says"),
    [
        (0.15, True, "Of 1 floor that knows names alone, none is shown to be above"),
        (0.40, False, "Names alone tell something on this split"),
    ],
)
def test_the_leak_meter_answers_by_the_numbers(speaker, good, says):
    scores = {"majority": 0.15, "speaker only": speaker, "TF-IDF + LR": 0.6}
    answer = leak_answer(results(scores, model="floor"))
    assert answer.good is good and says in answer.text and "WA 0.15" in answer.text
    assert ("speaker only 0.4" in answer.text) is not good
    one_fold = results(scores, folds=1, model="floor")
    assert leak_answer(one_fold).good is good


def test_marks_of_the_transcript_are_no_leak_of_the_split():
    scores = {"majority": 0.15, "speaker only": 0.15, "length + punctuation only": 0.4}
    assert leak_answer(results(scores, model="floor")).good


def test_nothing_to_leak_is_said():
    answer = leak_answer(results({"majority": 0.15, "TF-IDF + LR": 0.6}, model="floor"))
    assert "could be tried" in answer.text and answer.good


def test_floors_of_a_corpus_with_any_name():
    table = results({"majority": 0.15, "speaker only": 0.15}, model="floor", corpus=WICKED)
    text = floors_page(table)
    page = read_page(text)
    assert "<script" not in text and f"floors of {WICKED}" in page.text
    assert "Floors on 4 folds" in page.text and "[0." in page.text
    assert "on 1 fold of" in read_page(floors_page(table[table.fold == "kfold10-0"])).text


def test_every_run_has_its_corpus_and_two_of_one_name_differ():
    twice = results({"MCSAN": 0.7, WICKED: 0.5})
    again = results({"MCSAN": 0.8}).assign(run="r-other")
    elsewhere = results({"MCSAN": 0.2}, corpus="meld")
    text = runs_page(pd.concat([twice, again, elsewhere], ignore_index=True))
    page = read_page(text)
    assert "<script" not in text and WICKED in page.text
    assert "MCSAN (other)" in page.text and "meld · kfold10" in page.text
    assert "macro F1" in page.text and len(page.of("svg")) == 2


def test_trainings_are_points_and_means_diamonds():
    ax = draw_trainings(results({"MCSAN": 0.7, "a $b$ row": 0.5}))
    assert (
        sum(len(points.get_offsets()) for points in ax.collections if len(points.get_offsets()))
        >= 8
    )
    assert [t.get_text() for t in ax.get_yticklabels()] == ["MCSAN", r"a \$b\$ row"]


def compared(**scores):
    named = {name.replace("_", " "): score for name, score in scores.items()}
    rows = {"MCSAN": 0.8, "w/o audio": named.pop("audio"), **named}
    return verdicts.compared_table(results(rows), "synthetic", "table3")


@pytest.mark.parametrize(
    ("audio", "says"),
    [
        (0.5, "MCSAN is ahead of: w/o audio."),
        (0.9, "MCSAN is below: w/o audio."),
        (0.8, "Not distinguishable from MCSAN: w/o audio."),
    ],
)
def test_a_table_says_what_its_intervals_allow(audio, says):
    table = compared(audio=audio)
    page = read_page(table_page(table, "table3"))
    assert says in page.text and says in gap_sentences(table.reset_index(), "wa")
    assert "not run" in page.text and "N = 3" in page.text
    assert len(page.of("svg")) == len(table.attrs["scores"])
    assert "0.612" not in page.text, "the paper's numbers beside those of generated speech"


def test_a_table_is_held_against_its_best_floor():
    trained = results({"MCSAN": 0.8, "w/o audio": 0.5})
    scores = {"majority": 0.15, "speaker only": 0.15, "TF-IDF + LR": 0.65}
    floors = results(scores, model="floor")
    table = verdicts.floors_beside(
        verdicts.compared_table(trained, "synthetic", "table3"), trained, floors
    )
    page = read_page(table_page(table, "table3"))
    assert "The best floor is TF-IDF + LR (0.6" in page.text
    assert "On the same folds, these score higher: MCSAN." in page.text
    assert (
        "These score lower: w/o audio." in page.text and "minus the best floor, points" in page.text
    )
    constant = results(
        {"majority": 0.15, "TF-IDF + LR": 0.65}, model="floor"
    )  # as w/o audio + 0.15
    table = verdicts.floors_beside(
        verdicts.compared_table(trained, "synthetic", "table3"), trained, constant
    )
    assert "Without an interval: w/o audio." in read_page(table_page(table, "table3")).text
    assert "best floor" not in read_page(table_page(compared(audio=0.5), "table3")).text


def test_a_table_of_mcsan_alone():
    table = verdicts.compared_table(results({"MCSAN": 0.8}), "synthetic", "table3")
    page = read_page(table_page(table, "table3", [Sheet("More of it.", {WICKED: ["x"]})]))
    assert "No row was run beside MCSAN." in page.text and "More of it." in page.text
    assert "none was run" in page.of("svg")[0]["aria-label"]


def test_open_choices_with_what_was_tried():
    found = results({"MCSAN": 0.8, "dropout=0.3": 0.6, "clip=1.0": 0.85})
    page = read_page(choices_page(ambiguities_ledger(found), sensitivity(found)))
    assert "dropout=0.3 -19.9" in page.of("svg")[0]["aria-label"]
    assert "0.3: -19.9" in page.text and "paper silent" in page.text
    alone = results({"MCSAN": 0.8})
    page = read_page(choices_page(ambiguities_ledger(alone), sensitivity(alone)))
    assert "No alternative was run." in page.text and not page.of("svg")
