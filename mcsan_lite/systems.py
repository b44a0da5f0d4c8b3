"""Who reached what, 2018 to 2026, and under which protocol: numbers stand side by side only where it is the paper's.

Every score was read in the source that it names; a number known from memory alone is not here. That the 10-fold rows of
IEMOCAP split random utterances is inferred, from fold sizes and deviations: no source states the rule. `year` is that of the
paper in which the system, or its number on this corpus, first came; of a floor, that of our measurement.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

FLAGS = ("classes", "split", "context", "modality", "metric", "selection")
# What MCSAN's own numbers stand on. How it chose its epoch it does not say: "test" alone is held against others.
PROTOCOL: dict[str, Mapping[str, str]] = {
    "iemocap": {"classes": "7", "split": "random", "context": "no", "modality": "A+T", "metric": "WA"},
    "meld": {"classes": "7", "split": "official", "context": "no", "modality": "A+T", "metric": "wF1"}}

_PAPER = "Sun et al. 2021 (MCSAN), tables 1 and 2"
_AMH = "AMH README, revised table (the first one, precision under the name of accuracy, is withdrawn)"
_CAN = _PAPER + ", from the CAN paper"
_CROSS = "SelfCrossAttn slides, their WA and UA un-swapped"
_OURS = "measured for this project"
# corpus, system, year, score, its deviation over folds, classes, split, context, modality, metric, epoch picked on, source
_ROWS = (
    ("iemocap", "largest class", 2026, .247, None, "7", "random", "no", "none", "WA", "none", "class counts, AMH README"),
    ("iemocap", "MDRE", 2018, .498, .059, "7", "random", "no", "A+T", "WA", "dev", _AMH),
    ("iemocap", "MHA", 2019, .543, .026, "7", "random", "no", "A+T", "WA", "dev", _AMH),
    ("iemocap", "Xu et al.", 2019, .560, .028, "7", "random", "no", "A+T", "WA", "not said", _CAN),
    ("iemocap", "CAN", 2020, .579, .019, "7", "random", "no", "A+T", "WA", "not said", _CAN),
    ("iemocap", "MCSAN", 2021, .612, .012, "7", "random", "no", "A+T", "WA", "not said", _PAPER),
    ("iemocap", "Rajan et al., self", 2022, .574, None, "7", "random", "no", "A+T", "WA", "dev", _CROSS),
    ("iemocap", "Rajan et al., cross", 2022, .562, None, "7", "random", "no", "A+T", "WA", "dev", _CROSS),
    ("iemocap", "MDRE with video", 2020, .564, .043, "7", "random", "no", "A+V+T", "WA", "dev", _AMH),
    ("iemocap", "AMH", 2019, .617, .016, "7", "random", "no", "A+V+T", "WA", "dev", _AMH),
    ("iemocap", "Rajan et al., self", 2022, .642, .019, "7", "random", "no", "A+V+T", "WA", "dev", _CROSS),
    ("iemocap", "Xu et al., own code", 2019, .725, None, "4", "session 5", "no", "A+T", "WA", "test",
     "DELTA README and config"),
    ("iemocap", "HuBERT-large + linear", 2021, .676, None, "4", "not said", "no", "A", "WA", "not said",
     "table in the emotion2vec repository"),
    ("iemocap", "WavLM-large + linear", 2021, .700, None, "4", "not said", "no", "A", "WA", "not said",
     "table in the emotion2vec repository"),
    ("iemocap", "emotion2vec + linear", 2023, .718, None, "4", "session", "no", "A", "WA", "dev", "emotion2vec repository"),
    ("iemocap", "emotion2vec + linear", 2023, .745, None, "4", "session", "no", "A", "WA", "test", "emotion2vec repository"),
    ("iemocap", "Whisper-large-v3", 2024, .729, None, "4", "EmoBox folds", "no", "A", "WA", "not said", "EmoBox repository"),
    ("iemocap", "wav2vec2, SpeechBrain", 2021, .770, None, "4", "random", "no", "A", "WA", "not said",
     "SpeechBrain recipe README, its average"),
    ("iemocap", "COSMIC", 2020, .653, None, "6", "session 5", "yes", "T", "wF1", "not said", "conv-emotion README"),
    ("iemocap", "EmoBERTa", 2021, .686, None, "6", "session 5", "yes", "T", "wF1", "dev", "EmoBERTa README"),
    ("iemocap", "MM-DFN", 2022, .682, None, "6", "session 5", "yes", "A+V+T", "wF1", "test", "MM-DFN README and scripts"),
    ("iemocap", "InstructERC", 2023, .714, None, "6", "session 5", "yes", "T", "wF1", "not said", "InstructERC README"),
    ("iemocap", "MAMBA fusion", 2025, .743, None, "not said", "cleaned part", "not said", "A+V+T", "WA", "not said",
     "abstract of arXiv 2511.14969"),
    ("iemocap", "MiSTER-E", 2026, .709, None, "not said", "not said", "yes", "A+T", "wF1", "not said",
     "abstract of arXiv 2602.23300"),

    ("meld", "always neutral", 2026, .313, None, "7", "official", "no", "none", "wF1", "none", _OURS),
    ("meld", "length + punctuation", 2026, .479, None, "7", "official", "no", "T", "wF1", "none", _OURS),
    ("meld", "TF-IDF + LR", 2026, .546, None, "7", "official", "no", "T", "wF1", "dev", _OURS),
    ("meld", "cMKL", 2018, .555, None, "7", "official", "no", "A+T", "wF1", "not said", _PAPER + ", from the MELD paper"),
    ("meld", "Liang et al., supervised", 2020, .561, None, "7", "official", "no", "A+T", "wF1", "not said", _PAPER),
    ("meld", "Liang et al., + unlabelled", 2020, .571, None, "7", "official", "no", "A+T", "wF1", "not said", _PAPER),
    ("meld", "MCSAN", 2021, .592, None, "7", "official", "no", "A+T", "wF1", "not said", _PAPER),
    ("meld", "bcLSTM, as users get it", 2018, .566, None, "7", "official", "yes", "A+T", "wF1", "dev", "MELD issue 10"),
    ("meld", "DialogueRNN, as users get it", 2018, .571, None, "7", "official", "yes", "A+T", "wF1", "test",
     "conv-emotion issue 23 and script"),
    ("meld", "MM-DFN", 2022, .595, None, "7", "official", "yes", "A+V+T", "wF1", "test", "MM-DFN README and scripts"),
    ("meld", "GraphCFC", 2023, .589, None, "7", "official", "yes", "A+V+T", "wF1", "not said",
     "cited in InstructERC's README"),
    ("meld", "RoBERTa", 2020, .620, None, "7", "official", "no", "T", "wF1", "not said", "conv-emotion README"),
    ("meld", "EmoBERTa, one utterance", 2021, .635, None, "7", "official", "no", "T", "wF1", "dev", "EmoBERTa README"),
    ("meld", "EmoBERTa", 2021, .656, None, "7", "official", "yes", "T", "wF1", "dev", "EmoBERTa README"),
    ("meld", "COSMIC", 2020, .652, None, "7", "official", "yes", "T", "wF1", "not said", "conv-emotion README"),
    ("meld", "InstructERC", 2023, .692, None, "7", "official", "yes", "T", "wF1", "not said",
     "its README; a user's seeds average .65 to .66 (issue 15)"),
    ("meld", "MERBench, best audio", 2024, .465, None, "7", "official", "no", "A", "wF1", "dev",
     "cited in SenseVoice's README"),
    ("meld", "Whisper-large-v3", 2024, .519, None, "7", "official", "no", "A", "WA", "not said", "EmoBox repository"),
    ("meld", "Qwen2-Audio", 2024, .553, None, "7", "official", "no", "A", "WA", "prompt",
     "its README; not repeated by users (issues 87, 148)"),
    ("meld", "SenseVoice-large", 2024, .657, None, "4", "official", "no", "A", "wF1", "not said", "its README and issue 31"),
    ("meld", "MAMBA fusion", 2025, .648, None, "not said", "cleaned part", "not said", "A+V+T", "WA", "not said",
     "abstract of arXiv 2511.14969"),
    ("meld", "MiSTER-E", 2026, .695, None, "not said", "not said", "yes", "A+T", "wF1", "not said",
     "abstract of arXiv 2602.23300"),
)


def systems(corpus: str) -> pd.DataFrame:
    """The table of "iemocap" or "meld". `differs`: the flags that are not the paper's; comparable where there is none."""
    if corpus not in PROTOCOL:
        raise ValueError(f"Given: corpus={corpus!r}. Expected: one of {', '.join(PROTOCOL)}. Do: take one of these.")
    table = pd.DataFrame([row[1:] for row in _ROWS if row[0] == corpus],
                         columns=["system", "year", "score", "sd", *FLAGS, "source"])
    ours = PROTOCOL[corpus] | {"selection": "test"}
    table["differs"] = [tuple(f for f in FLAGS if (row[f] == ours[f]) == (f == "selection")) for _, row in table.iterrows()]
    table["comparable"] = [not flags for flags in table.differs]
    return table.sort_values(["comparable", "year", "score"], ascending=[False, True, True], ignore_index=True)


def draw_systems(corpus: str, *, ax=None):
    """A line a system: its score, and its protocol flag by flag. Blue and filled: the paper's protocol. Grey and hollow: not
    comparable, and the flags in bold say why. Bars are standard deviations over folds, where the source has them."""
    import matplotlib.pyplot as plt

    table = systems(corpus)
    if ax is None:
        ax = plt.subplots(figsize=(10, 1.2 + 0.25 * len(table)), layout="constrained")[1]
    places = [i + (0 if fair else 1) for i, fair in enumerate(table.comparable)]  # a gap between the two groups
    columns = dict(zip(FLAGS, (10, 55, 125, 175, 225, 262), strict=True))  # points right of the axes

    def write(text: str, y: float, points: float, *, side: int = 1, **look) -> None:
        ax.annotate(text, (side, y), (points, 0), xycoords=ax.get_yaxis_transform(), textcoords="offset points", va="center",
                    annotation_clip=False, **{"fontsize": 8} | look)

    ax.axvline(table.loc[table.system == "MCSAN", "score"].item(), color="0.8", lw=1, zorder=0)
    for y, row in zip(places, table.itertuples(), strict=True):
        color = "#0072B2" if row.comparable else "0.6"
        ax.errorbar(row.score, y, xerr=None if pd.isna(row.sd) else row.sd, fmt="o", ms=5, color=color, capsize=2,
                    mfc=color if row.comparable else "white")
        ax.annotate(f"{row.score:.3f}".lstrip("0"), (row.score, y), (0, 4), textcoords="offset points", ha="center",
                    fontsize=7, color="black" if row.comparable else "0.4")
        for flag, points in columns.items():
            odd = flag in row.differs
            write(getattr(row, flag), y, points, color="black" if odd else "0.5", weight="bold" if odd else "normal")
    for flag, points in columns.items():
        write("epoch by" if flag == "selection" else flag, -1.1, points)
    write("the paper's protocol", -1.1, 4, side=0, color="#0072B2")
    write("not comparable: the flags in bold say why", int(table.comparable.sum()), 4, side=0, color="0.4")
    withdrawn = table.source == _AMH
    names = table.system + withdrawn.map({True: "*", False: ""}) + "  " + table.year.astype(str)
    ax.set_yticks(places, names, fontsize=8)
    for label, fair in zip(ax.get_yticklabels(), table.comparable, strict=True):
        label.set_color("black" if fair else "0.4")
    note = "\n* first printed as accuracy, it was precision: that number is withdrawn" if withdrawn.any() else ""
    ax.set(ylim=(max(places) + 0.8, -1.6), xlabel="score, of the kind in column “metric”" + note)
    ax.xaxis.label.set_fontsize(9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
