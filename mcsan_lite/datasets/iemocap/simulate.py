"""The generated corpus in IEMOCAP's folders: labels, transcripts, clips and alignments in its formats, with their oddities.

The seven classes hold what the generator says for them. Turns without agreement, of fear, disgust and "other" hold
anything. Counts a class, dialogues, and the sessions of the four-class set are IEMOCAP's.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import cycle
from pathlib import Path

import numpy as np

from mcsan_lite.datasets.layouts import APPLE_DOUBLE, record, require_size, share, write_layout
from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.datasets.synthetic.generator import SyntheticConfig, plan_utterance
from mcsan_lite.errors import DataError

# Code of a label: its turns, the class that the generator says for it (None: any), the raters' word for it.
CODES: dict[str, tuple[int, str | None, str]] = {
    "fru": (1849, "frustration", "Frustration"),
    "neu": (1708, "neutral", "Neutral"),
    "ang": (1103, "anger", "Anger"),
    "sad": (1084, "sadness", "Sadness"),
    "exc": (1041, "excitement", "Excited"),
    "hap": (595, "happiness", "Happiness"),
    "sur": (107, "surprise", "Surprise"),
    "xxx": (2507, None, ""),
    "fea": (40, None, "Fear"),
    "oth": (3, None, "Other"),
    "dis": (2, None, "Disgust"),
}
TURNS = 10_039
FOUR = ("ang", "exc", "hap", "neu", "sad")  # the four-class set: excitement counts as happiness
FOUR_TURNS = (1085, 1023, 1151, 1031, 1241)  # its turns a session
WITHOUT_DOMINANCE, WITHOUT_ID = 36, 46  # ratings, and transcribed turns whose id holds XX
WITHOUT_ALIGNMENT = ("Ses03M_impro03_M001", "Ses03F_impro07_M030")

SCRIPTS = (
    "script01_1",
    "script01_2",
    "script01_3",
    "script02_1",
    "script02_2",
    "script03_1",
    "script03_2",
)
TAKES = {"Ses03M_impro05": "ab", "Ses03M_impro08": "ab", "Ses05M_script01_1": ("", "b")}
VALENCE, ACTIVATION = {"negative": 2, "none": 3, "positive": 4}, {"low": 2, "high": 4}
LEADING, TRAILING = 3, 5  # fewest frames of <s>; of what the voice leaves behind the last word


def dialogues(session: int) -> list[str]:
    """Names of the 28 to 32 dialogues of session 1 to 5, those with a letter for the take first."""
    scenes = [f"impro{n:02d}" for n in range(1, 8 if session == 1 else 9)] + list(SCRIPTS)
    names = [f"Ses{session:02d}{marked}_{scene}" for marked in "FM" for scene in scenes]
    return sorted(
        (n + take for n in names for take in TAKES.get(n, ("",))),
        key=lambda n: (n[-1] not in "ab", n),
    )


def _homes(names: list[str], code: str) -> list[str]:
    """The dialogues that a leaking turn of this class goes to: one improvisation and one script are about it."""
    number = list(CODES).index(code)
    return [n for n in names if n[7:].rstrip("ab") in (f"impro{number + 1:02d}", SCRIPTS[number])]


def _deal(turns: int, scene_leak: float, rng: np.random.Generator) -> dict[str, list[str]]:
    """{dialogue: the codes of its turns in order}: sessions by their counts, dialogues of a session in turn."""
    codes = rng.permutation(np.repeat(list(CODES), share(turns, [n for n, _, _ in CODES.values()])))
    sizes = [len(dialogues(session)) for session in range(1, 6)]
    dealt = defaultdict(list)
    for part, weights in ((np.isin(codes, FOUR), FOUR_TURNS), (~np.isin(codes, FOUR), sizes)):
        for session, piece in enumerate(
            np.split(codes[part], np.cumsum(share(part.sum(), weights))[:-1]), 1
        ):
            dealt[session] += piece.tolist()
    turns_of = defaultdict(list)
    for session, found in dealt.items():
        names = dialogues(session)
        anywhere, homes = (
            cycle(names),
            {code: cycle(_homes(names, code)) for code in list(CODES)[:7]},
        )
        for code in rng.permutation(found).tolist():
            leaks = rng.random() < scene_leak and code in homes
            turns_of[next(homes[code] if leaks else anywhere)].append(code)
    return turns_of


def _plan(turns: int, seed: int, scene_leak: float, rng: np.random.Generator) -> list[dict]:
    """Every turn as the generator's plan, with its dialogue, its code, its speaker and IEMOCAP's id."""
    config, plan = SyntheticConfig(seed=seed, fillers=0.05), []
    for dialogue, codes in sorted(_deal(turns, scene_leak, rng).items()):
        said = {"F": 0, "M": 0}
        letters = list(("FM" if dialogue[5] == "F" else "MF") * len(codes))[
            : len(codes)
        ]  # half the turns each
        for code, letter in zip(codes, rng.permutation(letters).tolist(), strict=True):
            turn = plan_utterance(config, rng, len(plan), "train", label=CODES[code][1])
            voice = speech.VOICES[
                2 * int(dialogue[4]) - 2 + (letter == "M")
            ]  # they alternate, a woman first
            plan.append(
                turn
                | {
                    "id": f"{dialogue}_{letter}{said[letter]:03d}",
                    "dialogue": dialogue,
                    "code": code,
                    "letter": letter,
                    "voice": voice,
                }
            )
            said[letter] += 1
    return plan


def _sentence(text: str, rng: np.random.Generator) -> str:
    """A transcript line of spoken words, now and then with the marks that mislead a parser."""
    first, _, rest = text.partition(" ")
    odd = (f"[LAUGHTER] {text}", f"{first}: {rest}".strip(), f"{first} -- {rest}".strip())
    text = odd[rng.integers(3)] if rng.random() < 0.06 else text
    return f"{text[0].upper()}{text[1:]}."


def _ratings(
    turn: dict, without_dominance: bool, rng: np.random.Generator
) -> tuple[list[str], str]:
    """The lines of the raters for a turn, and the mean of their three scales as the label line holds it."""
    word, own = CODES[turn["code"]][2], f"{turn['letter']}1"
    votes = (
        [word, word, word if rng.random() < 0.6 else "Neutral; Frustration"]
        if word
        else ["Neutral", "Anger; Frustration", "Other"]
    )
    votes = zip(("E2", "E3", "E4", own), [*votes, word or "Sadness"], strict=True)
    lines = [
        f"C-{rater}:\t{vote};\t({'curious' if vote == 'Other' else ''})" for rater, vote in votes
    ]
    scales = [
        (VALENCE[turn["sense"]] + more, ACTIVATION[turn["arousal"]], 3 + more)
        for more in rng.integers(0, 2, 2)
    ]
    dominance = [3 if without_dominance else scales[0][2], scales[1][2]]
    for rater, (valence, activation, dom), missing in zip(
        ("E3", "E4"), scales, (without_dominance, False), strict=True
    ):
        lines.append(
            f"A-{rater}:\tval {valence}; act {activation}; dom  {'' if missing else dom};\t()"
        )
    lines.append(lines[-1].replace("A-E4", f"A-{own}"))
    means = (np.mean([s[0] for s in scales]), scales[0][1], np.mean(dominance[without_dominance:]))
    return lines, "[" + ", ".join(f"{mean:.4f}" for mean in means) + "]"


def alignment(words: list[tuple[str, int, str | None]], starts: list[float], end: float) -> str:
    """The .wdseg of (word heard, milliseconds of silence before it, word written or None) and their starts in seconds.

    Frames of 10 ms with inclusive ends, without a hole. Every word gets a frame at least, so where words share an event
    of the voice they start up to a few frames late.
    """
    last, room = int(end * 100 + 1e-6), np.arange(len(words) + 1)
    edges = np.rint(100 * np.array([*starts, end])).astype(int)
    edges = np.maximum.accumulate(np.maximum(edges - room, LEADING)) + room
    edges = np.minimum(edges, last - TRAILING - room[::-1]).tolist()
    rows = [(0, edges[0], "<s>")]
    for i, (heard, pause, written) in enumerate(words):
        silent = min(pause // 10, rows[-1][1] - rows[-1][0] - 1) if i else 0
        if silent > 0:
            rows[-1] = (rows[-1][0], edges[i] - silent, rows[-1][2])
            rows.append((edges[i] - silent, edges[i], "<sil>"))
        variant = "(2)" if written in ("the", "and") and edges[i] % 2 else ""
        rows.append(
            (
                edges[i],
                edges[i + 1],
                f"{written.upper()}{variant}" if written else f"++{heard.upper()}++",
            )
        )
    rows.append((edges[-1], last, "</s>"))
    scores = [-36_000 - 700 * (stop - start) for start, stop, _ in rows]
    lines = [
        f"\t{start:5d} {stop - 1:5d} {score:10d} {word}\n"
        for (start, stop, word), score in zip(rows, scores, strict=True)
    ]
    return f"\t{'SFrm':>5} {'EFrm':>5} {'SegAScr':>10} Word\n{''.join(lines)} Total score: {sum(scores):11d}\n"


def _write_dialogue(
    session: Path,
    turns: list[dict],
    times: dict[str, dict],
    without_dominance: set[str],
    without_id: bool,
    rng: np.random.Generator,
) -> None:
    """The label file, its decoys, the transcript and the alignments of one dialogue."""
    dialogue, clock = turns[0]["dialogue"], 1.25
    labels, transcript, votes = (
        ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""],
        [],
        [],
    )
    aligned = session / "sentences" / "ForcedAlignment" / dialogue
    aligned.mkdir(parents=True)
    for number, turn in enumerate(turns):
        took = times[turn["id"]]
        start, end = clock, clock + took["end"]
        ratings, means = _ratings(turn, turn["id"] in without_dominance, rng)
        labels += [
            f"[{start:.4f} - {end:.4f}]\t{turn['id']}\t{turn['code']}\t{means}",
            *ratings,
            "",
        ]
        votes.append(f"{turn['id']} :{CODES[turn['code']][2] or 'Neutral'}; ()")
        transcript.append(
            f"{turn['id']} [{start:08.4f}-{end:08.4f}]: {_sentence(turn['text'], rng)}"
        )
        clock = end + 0.4
        if without_id and number == len(turns) // 2:
            transcript.append(
                f"{dialogue}_{turn['letter']}XX0 [{clock:08.4f}-{clock + 0.5:08.4f}]: [LAUGHTER]"
            )
            clock += 0.9
        if rng.random() < 0.02:
            transcript.append(f"{turn['letter']}: Mm hm.")
        if turn["id"] not in WITHOUT_ALIGNMENT:
            words = [
                (*word[::2], written)
                for word, written in zip(turn["words"], turn["written"], strict=True)
            ]
            (aligned / f"{turn['id']}.wdseg").write_text(
                alignment(words, took["starts"], took["end"])
            )
    if len(transcript) > 2 and rng.random() < 0.2:  # they are not strictly in order
        transcript[1:3] = transcript[2:0:-1]
    files = {
        f"EmoEvaluation/{dialogue}.txt": labels,
        f"transcriptions/{dialogue}.txt": transcript,
        f"EmoEvaluation/Categorical/{dialogue}_e2_cat.txt": votes,
        f"EmoEvaluation/Self-evaluation/{dialogue}_{dialogue[5].lower()}1_cat.txt": votes,
    }
    for name, lines in files.items():
        (session / "dialog" / name).parent.mkdir(parents=True, exist_ok=True)
        (session / "dialog" / name).write_text("".join(f"{line}\n" for line in lines))


def write_iemocap(
    root: Path | str,
    *,
    turns: int = TURNS,
    seed: int = 20210606,
    jobs: int = 1,
    voice: bool = True,
    scene_leak: float = 0.0,
) -> Path:
    """Write the tree root/IEMOCAP_full_release and return it; nothing is done if the same one is there.

    turns: 11 to 10,039. At the default all published counts are exact; fewer keep their proportions, and every class
    occurs. jobs: processes that speak. voice: False writes short quiet noise, which needs no synthesiser. scene_leak:
    share of the turns whose scenario is chosen by their class; all others fill the dialogues evenly. Raises DataError
    for impossible numbers, and for anything else in the folder's place.
    """
    require_size("turns", turns, len(CODES), TURNS)
    if not 0 <= scene_leak <= 1:
        raise DataError(f"scene_leak={scene_leak!r}", "a share from 0 to 1", "change scene_leak.")

    def fill(folder: Path) -> None:
        rng = np.random.default_rng(seed)
        plan = _plan(turns, seed, scene_leak, rng)
        times = record(plan, folder / "clips", voice=voice, jobs=jobs)
        by_dialogue = defaultdict(list)
        for turn in plan:
            by_dialogue[turn["dialogue"]].append(turn)
        ids, names = [turn["id"] for turn in plan], list(by_dialogue)
        without_dominance = set(
            rng.choice(ids, -(-WITHOUT_DOMINANCE * turns // TURNS), replace=False).tolist()
        )
        without_id = set(rng.choice(names, -(-WITHOUT_ID * turns // TURNS), replace=False).tolist())
        for dialogue, said in by_dialogue.items():
            session = folder / f"Session{dialogue[4]}"
            _write_dialogue(session, said, times, without_dominance, dialogue in without_id, rng)
            clips = session / "sentences" / "wav" / dialogue
            clips.mkdir(parents=True)
            for turn in said:
                (folder / "clips" / f"{turn['id']}.wav").rename(clips / f"{turn['id']}.wav")
        for session in sorted(
            folder.glob("Session*")
        ):  # macOS was here: beside every clip of one dialogue
            beside = [
                sorted(session.glob(f"dialog/{kind}/*.txt"))[0]
                for kind in ("EmoEvaluation", "transcriptions")
            ]
            for file in beside + sorted((session / "sentences" / "wav" / beside[0].stem).iterdir()):
                file.with_name(f"._{file.name}").write_bytes(APPLE_DOUBLE)
        (folder / "clips").rmdir()

    return write_layout(
        Path(root) / "IEMOCAP_full_release",
        "IEMOCAP",
        f"turns={turns}, seed={seed}, voice={voice}, scene_leak={scene_leak}",
        fill,
    )
