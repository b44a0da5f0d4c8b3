"""Small IEMOCAP releases for tests: labels, transcripts, empty clips and one alignment for all."""

import os
from collections import Counter
from itertools import islice
from pathlib import Path

import refusals

from mcsan_lite.datasets.iemocap.reader import read_iemocap
from mcsan_lite.datasets.iemocap.release import (
    EMOTION_CODES,
    IEMOCAP_FOUR_LABELS,
    IEMOCAP_TURNS,
    NEVER_ALIGNED,
    SESSIONS,
)

DATA = (
    Path(os.environ.get("MCSAN_DATA", Path(__file__).parents[2] / "shared" / "data"))
    / "iemocap_shaped"
)
CODE = {name: code for code, name in EMOTION_CODES.items()}
WDSEG = (
    "\t SFrm  EFrm    SegAScr Word\n"
    "\t    0     2  -9 <s>\n\t    3    11  -9 THE(2)\n\t   12    20  -9 HEN\n"
    " Total score: -3\n"
)


def label_line(turn, code="ang"):
    return f"[1.2500 - 3.6779]\t{turn}\t{code}\t[1.5000, 4.0000, 4.5000]\n"


def text_line(turn, text="The hen sat - twice: there."):
    return f"{turn} [001.2500-003.6779]: {text}\n"


def release(root, turns: dict[str, str], *, sounds=True):
    """A release with these turns: {id: code of the emotion}."""
    folder = root / "IEMOCAP_full_release"
    dialogues: dict[str, dict[str, str]] = {}
    for turn, code in turns.items():
        dialogues.setdefault(turn.rpartition("_")[0], {})[turn] = code
    for dialogue, codes in dialogues.items():
        session = folder / f"Session{dialogue[4]}"
        put(
            session / "dialog/EmoEvaluation" / f"{dialogue}.txt",
            "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
            + "\n".join(
                label_line(turn, code) + "C-E2:\tAnger;\t()\n" for turn, code in codes.items()
            ),
        )
        put(session / "dialog/transcriptions" / f"{dialogue}.txt", "".join(map(text_line, codes)))
        if sounds:
            wav, aligned = (
                session / "sentences" / kind / dialogue for kind in ("wav", "ForcedAlignment")
            )
            wav.mkdir(parents=True)
            aligned.mkdir(parents=True)
            for turn in codes:
                (wav / f"{turn}.wav").touch()
                if turn not in NEVER_ALIGNED:
                    (aligned / f"{turn}.wdseg").write_text(WDSEG, encoding="utf-8")
    return folder


def put(path, content=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be a link to a file that other tests share
    path.write_text(content, encoding="utf-8", newline="")
    return path


def edit(path, old, new):
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new if isinstance(new, bytes) else new.encode()))


def published() -> dict[str, str]:
    """10,039 turns in 151 dialogues, with the published counts per class and per session."""
    four = iter(
        [
            label
            for label, n in IEMOCAP_TURNS.items()
            if label in (*IEMOCAP_FOUR_LABELS, "excitement")
            for _ in range(n)
        ]
    )
    others = [
        label
        for label, n in IEMOCAP_TURNS.items()
        if label not in (*IEMOCAP_FOUR_LABELS, "excitement")
        for _ in range(n)
    ]
    turns = {}
    for i, (session, (dialogues, n)) in enumerate(SESSIONS.items()):
        labels = [*islice(four, n), *others[i::5]]
        names = [
            f"{session}{'FM'[d % 2]}_{'impro' if d < 16 else 'script'}{d % 16 // 2 + 1:02d}"
            + "_1" * (d >= 16)
            for d in range(dialogues)
        ]
        assert len(set(names)) == dialogues
        for j, label in enumerate(labels):
            turns[f"{names[j % dialogues]}_{'FM'[j // dialogues % 2]}{j // dialogues:03d}"] = CODE[
                label
            ]
    turns["Ses03F_impro07_M030"] = turns.pop("Ses03F_impro07_F030")
    assert set(turns) >= NEVER_ALIGNED
    return turns


TURNS = {
    "Ses01F_impro01_F000": "ang",
    "Ses01F_impro01_M000": "exc",
    "Ses01F_impro01_F001": "xxx",
    "Ses03M_impro05a_M100": "hap",
    "Ses05M_script01_1b_F007": "neu",
    "Ses05M_script01_1b_M008": "dis",
}


def kinds(skipped):
    return Counter(s.kind for s in skipped)


def refusal(root, **options) -> str:
    return refusals.refusal(lambda: read_iemocap(root, **options))
