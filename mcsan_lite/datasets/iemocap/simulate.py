"""The generated corpus in IEMOCAP's folders, with the oddities of the release.

In: how many turns, and a seed. Out: labels, transcripts, clips and word alignments in IEMOCAP's own
formats, so that the real reader can be run without a licence.

Turns of the seven classes say what the generator says for that class. Turns without agreement, of
fear, disgust and "other" say anything. The counts per class, the dialogues, and the sessions of the
four-class set are IEMOCAP's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcsan_lite.datasets.iemocap.release import (
    EMOTION_CODES,
    IEMOCAP_FOUR_LABELS,
    IEMOCAP_TURNS,
    MERGED_INTO_FOUR,
    NEVER_ALIGNED,
    SESSIONS,
)
from mcsan_lite.datasets.iemocap.wdseg import HeardWord, wdseg_text
from mcsan_lite.datasets.layouts import APPLE_DOUBLE, record, require_size, share, write_layout
from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.datasets.synthetic.generator import plan_utterance
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.errors import DataError

# The raters' word for each code. The order decides the random draws.
_RATERS_WORDS = {
    "fru": "Frustration",
    "neu": "Neutral",
    "ang": "Anger",
    "sad": "Sadness",
    "exc": "Excited",
    "hap": "Happiness",
    "sur": "Surprise",
    "xxx": "",
    "fea": "Fear",
    "oth": "Other",
    "dis": "Disgust",
}
_CODES = list(_RATERS_WORDS)
_SEVEN = _CODES[:7]  # the generator has a class of the same name for these
_FOUR = [
    code for code in _CODES if EMOTION_CODES[code] in (*IEMOCAP_FOUR_LABELS, *MERGED_INTO_FOUR)
]
_ALL_TURNS = sum(IEMOCAP_TURNS.values())
_RATINGS_WITHOUT_DOMINANCE = 36
_TURNS_WITH_XX = 46  # transcribed turns whose id holds XX

_SCRIPTS = (
    "script01_1",
    "script01_2",
    "script01_3",
    "script02_1",
    "script02_2",
    "script03_1",
    "script03_2",
)
_TAKES = {"Ses03M_impro05": "ab", "Ses03M_impro08": "ab", "Ses05M_script01_1": ("", "b")}
_VALENCE = {"negative": 2, "none": 3, "positive": 4}
_ACTIVATION = {"low": 2, "high": 4}


@dataclass(frozen=True)
class _Turn:
    """One turn: its place in the release, and what the generator planned for it."""

    id: str
    dialogue: str
    code: str
    letter: str  # F or M: who speaks
    utterance: dict

    @property
    def raters_word(self) -> str:
        return _RATERS_WORDS[self.code]

    def words(self) -> list[HeardWord]:
        spoken = zip(self.utterance["words"], self.utterance["written"], strict=True)
        return [HeardWord(heard, pause_ms, written) for (heard, _, pause_ms), written in spoken]


class _Ratings(NamedTuple):
    """What the raters wrote about a turn, and the mean of their three scales."""

    lines: list[str]
    means: str


class _Scales(NamedTuple):
    valence: int
    activation: int
    dominance: int


def _dialogue_names(session: int) -> list[str]:
    """The 28 to 32 dialogues of session 1 to 5, those with a letter for the take first."""
    improvisations = 7 if session == 1 else 8
    scenes = [f"impro{number:02d}" for number in range(1, improvisations + 1)] + list(_SCRIPTS)
    names = []
    for marker_wearer in "FM":
        for scene in scenes:
            name = f"Ses{session:02d}{marker_wearer}_{scene}"
            names += [name + take for take in _TAKES.get(name, ("",))]
    return sorted(names, key=lambda name: (name[-1] not in "ab", name))


def _homes(names: list[str], code: str) -> list[str]:
    """The dialogues of a leaking class: one improvisation and one script are about it."""
    number = _CODES.index(code)
    scenes = (f"impro{number + 1:02d}", _SCRIPTS[number])
    return [name for name in names if name[7:].rstrip("ab") in scenes]


def _codes_by_session(turns: int, rng: np.random.Generator) -> dict[int, list[str]]:
    """The codes of each session's turns: the four classes by their published counts."""
    per_code = share(turns, [IEMOCAP_TURNS[EMOTION_CODES[code]] for code in _CODES])
    codes = rng.permutation(np.repeat(_CODES, per_code))
    in_four = np.isin(codes, _FOUR)
    four_weights = [counts.four_class_turns for counts in SESSIONS.values()]
    other_weights = [len(_dialogue_names(session)) for session in range(1, 6)]
    by_session = defaultdict(list)
    for chosen, weights in ((in_four, four_weights), (~in_four, other_weights)):
        cuts = np.cumsum(share(chosen.sum(), weights))[:-1]
        for session, piece in enumerate(np.split(codes[chosen], cuts), 1):
            by_session[session] += piece.tolist()
    return by_session


def _codes_by_dialogue(
    turns: int, scene_leak: float, rng: np.random.Generator
) -> dict[str, list[str]]:
    """The codes of each dialogue's turns in order. The dialogues of a session take turns."""
    by_dialogue = defaultdict(list)
    for session, codes in _codes_by_session(turns, rng).items():
        names = _dialogue_names(session)
        anywhere = cycle(names)
        homes = {code: cycle(_homes(names, code)) for code in _SEVEN}
        for code in rng.permutation(codes).tolist():
            leaks = rng.random() < scene_leak
            place = homes[code] if leaks and code in homes else anywhere
            by_dialogue[next(place)].append(code)
    return by_dialogue


def _plan(turns: int, seed: int, scene_leak: float, rng: np.random.Generator) -> list[_Turn]:
    """Every turn of the tree, sorted by dialogue."""
    config = SyntheticConfig(seed=seed, fillers=0.05)
    plan: list[_Turn] = []
    for dialogue, codes in sorted(_codes_by_dialogue(turns, scene_leak, rng).items()):
        next_number = {"F": 0, "M": 0}
        both = "FM" if dialogue[5] == "F" else "MF"
        letters = list(both * len(codes))[: len(codes)]  # half the turns each
        for code, letter in zip(codes, rng.permutation(letters).tolist(), strict=True):
            label = EMOTION_CODES[code] if code in _SEVEN else None
            utterance = plan_utterance(config, rng, len(plan), "train", label=label)
            turn_id = f"{dialogue}_{letter}{next_number[letter]:03d}"
            next_number[letter] += 1
            utterance = utterance | {"id": turn_id, "voice": _voice(dialogue, letter)}
            plan.append(_Turn(turn_id, dialogue, code, letter, utterance))
    return plan


def _voice(dialogue: str, letter: str) -> str:
    """The voice of a speaker. In speech.VOICES they alternate, a woman first."""
    session = int(dialogue[4])
    return speech.VOICES[2 * session - 2 + (letter == "M")]


def _sentence(text: str, rng: np.random.Generator) -> str:
    """A transcript line of spoken words, now and then with the marks that mislead a parser."""
    first, _, rest = text.partition(" ")
    misleading = (
        f"[LAUGHTER] {text}",
        f"{first}: {rest}".strip(),
        f"{first} -- {rest}".strip(),
    )
    if rng.random() < 0.06:
        text = misleading[rng.integers(3)]
    return f"{text[0].upper()}{text[1:]}."


def _votes(turn: _Turn, rng: np.random.Generator) -> Iterator[str]:
    """The lines of three evaluators and of the speaker, each with a word for the emotion."""
    word = turn.raters_word
    if word:
        third = word if rng.random() < 0.6 else "Neutral; Frustration"
        votes = [word, word, third, word]
    else:
        votes = ["Neutral", "Anger; Frustration", "Other", "Sadness"]
    for rater, vote in zip(("E2", "E3", "E4", f"{turn.letter}1"), votes, strict=True):
        comment = "curious" if vote == "Other" else ""
        yield f"C-{rater}:\t{vote};\t({comment})"


def _scale_line(rater: str, scales: _Scales, *, with_dominance: bool = True) -> str:
    dominance = scales.dominance if with_dominance else ""
    return f"A-{rater}:\tval {scales.valence}; act {scales.activation}; dom  {dominance};\t()"


def _ratings(turn: _Turn, without_dominance: bool, rng: np.random.Generator) -> _Ratings:
    """The raters' lines for a turn, and the means that its label line holds."""
    lines = list(_votes(turn, rng))
    valence = _VALENCE[turn.utterance["sense"]]
    activation = _ACTIVATION[turn.utterance["arousal"]]
    more_first, more_second = rng.integers(0, 2, 2)
    first = _Scales(valence + more_first, activation, 3 + more_first)
    second = _Scales(valence + more_second, activation, 3 + more_second)
    lines.append(_scale_line("E3", first, with_dominance=not without_dominance))
    lines.append(_scale_line("E4", second))
    lines.append(_scale_line(f"{turn.letter}1", second))
    dominance = [second.dominance]
    if not without_dominance:
        dominance.append(first.dominance)
    means = (np.mean([first.valence, second.valence]), activation, np.mean(dominance))
    return _Ratings(lines, "[" + ", ".join(f"{mean:.4f}" for mean in means) + "]")


@dataclass
class _DialogueText:
    """The lines of one dialogue's text files while its turns are added."""

    name: str
    labels: list[str] = field(
        default_factory=lambda: ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    )
    transcript: list[str] = field(default_factory=list)
    single_votes: list[str] = field(default_factory=list)
    clock_s: float = 1.25

    def add(self, turn: _Turn, seconds: float, ratings: _Ratings, sentence: str) -> None:
        start, end = self.clock_s, self.clock_s + seconds
        label = f"[{start:.4f} - {end:.4f}]\t{turn.id}\t{turn.code}\t{ratings.means}"
        self.labels += [label, *ratings.lines, ""]
        self.single_votes.append(f"{turn.id} :{turn.raters_word or 'Neutral'}; ()")
        self.transcript.append(f"{turn.id} [{start:08.4f}-{end:08.4f}]: {sentence}")
        self.clock_s = end + 0.4

    def add_laughter(self, letter: str) -> None:
        """A transcribed turn that has no label; its id holds XX."""
        start, end = self.clock_s, self.clock_s + 0.5
        times = f"[{start:08.4f}-{end:08.4f}]"
        self.transcript.append(f"{self.name}_{letter}XX0 {times}: [LAUGHTER]")
        self.clock_s += 0.9

    def write(self, session: Path) -> None:
        """The label file, its decoys of single raters, and the transcript."""
        speaker = self.name[5].lower()
        files = {
            f"EmoEvaluation/{self.name}.txt": self.labels,
            f"transcriptions/{self.name}.txt": self.transcript,
            f"EmoEvaluation/Categorical/{self.name}_e2_cat.txt": self.single_votes,
            f"EmoEvaluation/Self-evaluation/{self.name}_{speaker}1_cat.txt": self.single_votes,
        }
        for name, lines in files.items():
            path = session / "dialog" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@dataclass(frozen=True)
class _Oddities:
    """Where the tree has holes: turns with a rating without dominance, dialogues with an XX."""

    without_dominance: frozenset[str]
    with_xx: frozenset[str]

    @classmethod
    def draw(cls, turn_ids: list[str], dialogues: list[str], rng: np.random.Generator) -> _Oddities:
        turns = len(turn_ids)
        ratings = -(-_RATINGS_WITHOUT_DOMINANCE * turns // _ALL_TURNS)  # rounded up
        xx = -(-_TURNS_WITH_XX * turns // _ALL_TURNS)
        without_dominance = rng.choice(turn_ids, ratings, replace=False).tolist()
        with_xx = rng.choice(dialogues, xx, replace=False).tolist()
        return cls(frozenset(without_dominance), frozenset(with_xx))


def _write_dialogue(
    session: Path,
    turns: list[_Turn],
    times: dict[str, dict],
    oddities: _Oddities,
    rng: np.random.Generator,
) -> None:
    """The text files and the alignments of one dialogue."""
    text = _DialogueText(turns[0].dialogue)
    aligned = session / "sentences" / "ForcedAlignment" / text.name
    aligned.mkdir(parents=True)
    for number, turn in enumerate(turns):
        ratings = _ratings(turn, turn.id in oddities.without_dominance, rng)
        sentence = _sentence(turn.utterance["text"], rng)
        end = times[turn.id]["end"]
        text.add(turn, end, ratings, sentence)
        if text.name in oddities.with_xx and number == len(turns) // 2:
            text.add_laughter(turn.letter)
        if rng.random() < 0.02:
            text.transcript.append(f"{turn.letter}: Mm hm.")
        if turn.id not in NEVER_ALIGNED:
            segments = wdseg_text(turn.words(), times[turn.id]["starts"], end)
            (aligned / f"{turn.id}.wdseg").write_text(segments, encoding="utf-8")
    if len(text.transcript) > 2 and rng.random() < 0.2:  # they are not strictly in order
        text.transcript[1:3] = text.transcript[2:0:-1]
    text.write(session)


def _add_apple_doubles(session: Path) -> None:
    """The hidden files that macOS leaves, beside every clip of one dialogue and two texts."""
    first_label_file = min(session.glob("dialog/EmoEvaluation/*.txt"))
    first_transcript = min(session.glob("dialog/transcriptions/*.txt"))
    clips = session / "sentences" / "wav" / first_label_file.stem
    for file in [first_label_file, first_transcript, *sorted(clips.iterdir())]:
        file.with_name(f"._{file.name}").write_bytes(APPLE_DOUBLE)


def _write_tree(folder: Path, plan: list[_Turn], times: dict, rng: np.random.Generator) -> None:
    """All files of the release, with the clips of `folder`/clips moved to their places."""
    by_dialogue = defaultdict(list)
    for turn in plan:
        by_dialogue[turn.dialogue].append(turn)
    oddities = _Oddities.draw([turn.id for turn in plan], list(by_dialogue), rng)
    for dialogue, turns in by_dialogue.items():
        session = folder / f"Session{dialogue[4]}"
        _write_dialogue(session, turns, times, oddities, rng)
        clips = session / "sentences" / "wav" / dialogue
        clips.mkdir(parents=True)
        for turn in turns:
            (folder / "clips" / f"{turn.id}.wav").rename(clips / f"{turn.id}.wav")
    for session in sorted(folder.glob("Session*")):
        _add_apple_doubles(session)
    (folder / "clips").rmdir()


def write_iemocap(
    root: Path | str,
    *,
    turns: int = _ALL_TURNS,
    seed: int = 20210606,
    jobs: int = 1,
    voice: bool = True,
    scene_leak: float = 0.0,
) -> Path:
    """Write a simulated IEMOCAP release. Nothing is done if the same one is there.

    Args:
        root: the folder in which IEMOCAP_full_release is made.
        turns: 11 to 10,039. At the default all published counts are exact; fewer turns keep their
            proportions, and every class occurs.
        seed: of all that is drawn.
        jobs: how many processes speak at once.
        voice: False writes short quiet noise, which needs no synthesiser.
        scene_leak: the share of turns whose scenario is chosen by their class. All others fill the
            dialogues evenly.

    Returns:
        The folder IEMOCAP_full_release.

    Raises:
        DataError: for impossible numbers, and for anything else in the folder's place.
    """
    require_size("turns", turns, len(_CODES), _ALL_TURNS)
    if not 0 <= scene_leak <= 1:
        raise DataError(f"scene_leak={scene_leak!r}", "a share from 0 to 1", "change scene_leak.")

    def fill(folder: Path) -> None:
        rng = np.random.default_rng(seed)
        plan = _plan(turns, seed, scene_leak, rng)
        utterances = [turn.utterance for turn in plan]
        times = record(utterances, folder / "clips", voice=voice, jobs=jobs)
        _write_tree(folder, plan, times, rng)

    return write_layout(
        Path(root) / "IEMOCAP_full_release",
        "IEMOCAP",
        f"turns={turns}, seed={seed}, voice={voice}, scene_leak={scene_leak}",
        fill,
    )
