"""Everything that the report's prose is filled with.

In: the tables of results. Out: a dict of values, sheets and pictures for report.html. What has a
number in it is made here of the data, or comes from a ledger or from literature.csv.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mcsan_lite import __version__
from mcsan_lite.figures.pages.inline import Picture
from mcsan_lite.figures.pages.page import Sheet
from mcsan_lite.paper.claims import CLAIMS
from mcsan_lite.paper.literature import published_systems
from mcsan_lite.paper.pages.said import floor_sentence, gap_sentences, named_or_none
from mcsan_lite.paper.pages.tables import choices_picture, gaps_picture
from mcsan_lite.paper.published import FLOOR, FULL, published_gaps
from mcsan_lite.paper.report import SCORE_NAMES
from mcsan_lite.paper.reproduction import claims_told, open_ends
from mcsan_lite.paper.reproduction.shipped import ShippedTable
from mcsan_lite.tables.shared import full_stop

CONFIDENCE = "95 %"  # of every interval of the package


@dataclass(frozen=True)
class Shown:
    """One table of results in the report.

    Attributes:
        heading: its name and corpus.
        said: what its gaps allow to say, and how the best floor does.
        picture: the gaps, with what their intervals are over.
    """

    heading: str
    said: list[str]
    picture: Picture


def facts(shipped: Sequence[ShippedTable]) -> dict[str, object]:
    """The values of the template.

    Args:
        shipped: the tables of results, at least one.
    """
    tested = claims_told.judged_claims(shipped)
    moved = open_ends.choices_that_matter(shipped)
    return {
        "title": "Reproduction report: MCSAN for speech emotion recognition",
        "version": __version__,
        "confidence": CONFIDENCE,
        **_of_the_paper(),
        **_of_claims(tested),
        **_of_settings(),
        **_of_what_was_run(shipped),
        **_of_open_ends(shipped, moved),
        "shown": _shown_tables(shipped),
    }


def _of_the_paper() -> dict[str, object]:
    """What literature.csv has of MCSAN, and what the paper's own tables allow to say."""
    printed = {}
    for corpus in ("iemocap", "meld"):
        table = published_systems(corpus)
        (row,) = table[table.system == FULL].itertuples()
        spread = "" if pd.isna(row.sd) else f" ± {row.sd:.3f}"
        printed[corpus] = f"{row.metric.replace('wF1', 'weighted F1')} {row.score:.3f}{spread}"
        year = row.year
    gaps = published_gaps().reset_index()
    gaps = gaps[gaps.source == "Table 3"]
    noise = list(gaps.row[gaps["wa within noise"]])
    return {
        "paper_year": year,
        "printed": printed,
        "table3_rows": len(gaps),
        "table3_noise": len(noise),
        "table3_noise_rows": named_or_none(noise),
    }


def _of_claims(tested: pd.DataFrame) -> dict[str, object]:
    kinds = [claim.kind for claim in CLAIMS]
    facts_alone = {"counts": kinds.count("count"), "settings": kinds.count("setting")}
    by_kind = {}
    for kind, rows in tested.groupby("kind", sort=False):
        by_kind[open_ends.written(str(kind))] = claims_told.counted_verdicts(rows.verdict)
    caption = (
        "Claims about scores: whether the printed gap is more than noise (Welch's t on the printed "
        "deviations), and the verdict on what was run here, after Holm's correction."
    )
    return {
        "claims": len(CLAIMS),
        "claims_on_scores": len(CLAIMS) - sum(facts_alone.values()),
        "claims_on": facts_alone,
        "verdicts": by_kind,
        "claims_sheet": Sheet(caption, claims_told.claims_sheet(tested)),
    }


def _of_settings() -> dict[str, object]:
    rows = claims_told.settings_rows()
    same, other = rows[rows.verdict == "reproduced"], rows[rows.verdict != "reproduced"]
    differing = [f"{row.says} (here {row.value:g}, {row.note})" for row in other.itertuples()]
    return {
        "settings_same": len(same),
        "settings_as_stated": "; ".join(f"{row.says}: {row.value:g}" for row in same.itertuples()),
        "settings_other": named_or_none(differing),
    }


def _of_what_was_run(shipped: Sequence[ShippedTable]) -> dict[str, object]:
    every = pd.concat([one.folds for one in shipped], ignore_index=True)
    # A row of two tables is one training.
    trainings = every.drop_duplicates(["run", "fold", "seed", "corpus"])
    places = {column: _known(trainings, column) for column in ("processor", "torch", "device")}
    return {
        "trainings": len(trainings),
        "hours": f"{trainings.seconds.sum() / 3600:.1f}",
        "processors": places["processor"],
        "torch": places["torch"],
        "devices": places["device"],
        "run_sheet": Sheet("What was trained, on which data.", _run_columns(shipped)),
        "files": [one.file for one in shipped],
        "generated": any(one.generated for one in shipped),
        "at_home": sorted({open_ends.written(one.corpus) for one in shipped if one.at_home}),
    }


def _known(trainings: pd.DataFrame, column: str) -> str:
    """The values of a column; older files do not have each."""
    if column not in trainings:
        return "not noted"
    return ", ".join(sorted({str(value) for value in trainings[column].dropna() if value}))


def _run_columns(shipped: Sequence[ShippedTable]) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {"table": [open_ends.written(one.name) for one in shipped]}
    columns["corpus"] = [one.corpus for one in shipped]
    columns["profile"] = [one.profile for one in shipped]
    columns["protocol"] = [one.protocol for one in shipped]
    columns["systems"] = [f"{one.folds.name.nunique()}" for one in shipped]
    columns["folds × seeds"] = [
        f"{one.folds.fold.nunique()} × {one.folds.seed.nunique()}" for one in shipped
    ]
    columns["trained on"] = [_range(one.folds.n_train) for one in shipped]
    columns["tested on"] = [_range(one.folds.n_test) for one in shipped]
    columns["hours"] = [f"{one.folds.seconds.sum() / 3600:.1f}" for one in shipped]
    return columns


def _range(numbers: pd.Series) -> str:
    low, high = int(numbers.min()), int(numbers.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _of_open_ends(shipped: Sequence[ShippedTable], moved: pd.DataFrame | None) -> dict[str, object]:
    told = {"choices": len(open_ends.open_choices()), "never_built": open_ends.never_built()}
    told |= {"not_run": open_ends.not_run(shipped), "tried": 0, "choices_picture": None}
    told |= {"moved_up": "none", "moved_down": "none", "moved_with_interval": 0}
    if moved is not None:
        own = moved[~moved.choice.str.startswith("seed=")]
        told |= {"tried": len(own), "choices_picture": choices_picture(moved)}
        told |= {"moved_with_interval": int(own.low.notna().sum())}
        told |= {"moved_up": _moved(own[own.low > 0]), "moved_down": _moved(own[own.high < 0])}
    return told


def _moved(changes: pd.DataFrame) -> str:
    named = [f"{row.choice} ({100 * row.difference:+.1f} points)" for row in changes.itertuples()]
    return named_or_none(named)


def _shown_tables(shipped: Sequence[ShippedTable]) -> list[Shown]:
    """Every table with gaps; a floor that only other tables on generated speech have is named."""
    generated = [one for one in shipped if one.generated]
    known = dict.fromkeys(name for one in generated for name in _floors_of(one))
    shown = []
    for one in shipped:
        if one.table is not None:
            lacking = [name for name in known if name not in _floors_of(one)]
            shown.append(_shown(one, lacking if one.generated else []))
    return shown


def _floors_of(one: ShippedTable) -> list[str]:
    if one.table is None:
        return []
    rows = one.table.row
    return [name.removeprefix(FLOOR) for name in rows[rows.str.startswith(FLOOR)]]


def _shown(one: ShippedTable, lacking: Sequence[str]) -> Shown:
    score = one.scores[0]
    table = one.table.set_index("row")
    table.attrs = {"scores": [score], "from": "this run"}
    place = open_ends.written(one.kind)
    heading = f"{open_ends.written(one.name)} on {place}, profile {one.profile}"
    said = [_own_score(table, score), floor_sentence(one.table, score)]
    if lacking:
        said.append(
            full_stop(f"Not scored beside it, but beside other tables: {named_or_none(lacking)}")
        )
    if f"{score} gap" in one.table:
        said += gap_sentences(one.table, score)
    if one.silent:
        said.append("Nothing is heard here: no claim of the paper is judged.")
    basis = str(table.basis.get(FULL, "")) if "basis" in table else ""
    about = f"{heading}; intervals over {basis}." if basis else f"{heading}."
    return Shown(heading, said, gaps_picture(table, score, about))


def _own_score(table: pd.DataFrame, score: str) -> str:
    return f"MCSAN has {SCORE_NAMES[score]} {_with_interval(table.loc[FULL], score)}."


def _with_interval(row: pd.Series, score: str) -> str:
    low, high = row.get(f"{score} low"), row.get(f"{score} high")
    if pd.isna(low):
        return f"{row[score]:.3f}"
    return f"{row[score]:.3f} [{low:.3f}, {high:.3f}]"
