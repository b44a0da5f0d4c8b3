"""The generated corpus: speech in which the truth is known.

In: the knobs (rules.py, which also holds the classes and their words). Out: a folder with a clip
per utterance, what was said and why, and with `video_noise` what a face shows (faces.py); reader.py
makes a `Corpus` of it. The same knobs give the same bytes. What is said and heard does not depend
on whether there is a face. Scores on this corpus are never set beside the paper's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcsan_lite.cache import key as content_key
from mcsan_lite.cache import whole_folder
from mcsan_lite.datasets.synthetic import faces, speech
from mcsan_lite.datasets.synthetic.reader import TRUTH_FILE, in_transcript_order
from mcsan_lite.datasets.synthetic.rules import (
    CONNECTIVES,
    HESITATIONS,
    LEAD_INS,
    NEGATIVE,
    POSITIVE,
    RULES,
    SYNTHETIC_LABELS,
    Rule,
    SyntheticConfig,
)
from mcsan_lite.features.video import write_arrays


class _Pair(NamedTuple):
    """Two spellings of one sound."""

    sense: str
    evaluative: str
    plain: str


@dataclass
class _KeyWords:
    """The words of an utterance that could carry its sense.

    Attributes:
        heard: the sound of each, spelled as its evaluative word.
        written: the spelling of each in the transcript.
        stressed: whether each is stressed.
        decisive: which of them is evaluative; None where none is.
    """

    heard: list[str]
    written: list[str]
    stressed: list[bool]
    decisive: int | None


class _SpokenWord(NamedTuple):
    heard: str
    written: str | None  # None: the transcript leaves it out
    stressed: bool = False
    pause_ms: int = 0  # silence before it
    is_key: bool = False  # one of the homophones


def plan_utterance(
    config: SyntheticConfig,
    rng: np.random.Generator,
    number: int,
    split: str,
    *,
    label: str | None = None,
) -> dict:
    """One utterance as a plan. The order of the draws decides what every seed gives.

    Args:
        config: the knobs.
        rng: where all draws come from.
        number: of the utterance in its part.
        split: the part, "train", "valid" or "test".
        label: its class; by default it is drawn.

    Returns:
        Its factors, its spoken words (for `speech.speak_all`) and its transcript.
    """
    drawn_label = SYNTHETIC_LABELS[rng.choice(len(SYNTHETIC_LABELS), p=config.prior)]
    label = label or drawn_label
    rule = RULES[label]
    arousal = "high" if rng.random() < rule.p_high else "low"
    key_words = _draw_key_words(config, rng, rule, split)
    spoken = _draw_sentence(config, rng, key_words)
    transcribed = _transcribed(config, spoken)
    targets = [transcribed.index(i) for i, word in enumerate(spoken) if word.is_key]
    order = {"transcribed": transcribed} if config.world == "listed" else {}
    decisive = None if key_words.decisive is None else targets[key_words.decisive]
    speaker = _draw_speaker(config, rng, label)
    written_label = _draw_written_label(config, rng, label)
    manner = _draw_manner(rng, arousal)
    text = " ".join(spoken[i].written for i in transcribed)
    if rng.random() < config.missing_text:
        text = ""
    has_audio = bool(rng.random() >= config.missing_audio)
    return {
        "id": f"{split}_{number:06d}",
        "split": split,
        "true_label": label,
        "label": written_label,
        "sense": rule.sense,
        "arousal": arousal,
        "decisive": decisive,
        "targets": targets,
        "stressed": key_words.stressed,
        "pairs": key_words.heard,
        "text": text,
        "has_audio": has_audio,
        "speaker": speaker,
        "voice": speech.VOICES[speaker],
        **manner,
        "words": [(word.heard, word.stressed, word.pause_ms) for word in spoken],
        "written": [word.written for word in spoken],
        **order,
    }


def _pairs(config: SyntheticConfig, split: str) -> list[_Pair]:
    """The homophones that this part may use, the negative ones first."""
    start, end = 0, config.pairs // 2
    if split == "test" and config.held_out_pairs:
        start, end = end, (config.pairs + config.held_out_pairs) // 2
    negative = [_Pair("negative", *spellings) for spellings in NEGATIVE[start:end]]
    positive = [_Pair("positive", *spellings) for spellings in POSITIVE[start:end]]
    return negative + positive


def _draw_key_words(
    config: SyntheticConfig, rng: np.random.Generator, rule: Rule, split: str
) -> _KeyWords:
    pairs = _pairs(config, split)
    may_be_evaluative, may_be_plain = pairs, pairs
    if config.world == "leaking":  # even pairs are only ever evaluative, odd ones only ever plain
        may_be_evaluative, may_be_plain = pairs[0::2], pairs[1::2]
    count = int(min(rng.integers(1, config.max_words + 1), len(may_be_plain)))
    decisive, chosen = None, None
    if rule.sense != "none":
        decisive = int(rng.integers(count))
        of_sense = [pair for pair in may_be_evaluative if pair.sense == rule.sense]
        chosen = of_sense[rng.integers(len(of_sense))]
    others = [pair for pair in may_be_plain if pair is not chosen]
    others = [others[i] for i in rng.permutation(len(others))[:count]]
    stressed = (rng.random(count) < config.stress_share).tolist()
    heard = [pair.evaluative for pair in others]
    written = [pair.plain for pair in others]
    if chosen is not None:
        stressed[decisive] = rule.stressed
        heard[decisive] = chosen.evaluative
        written[decisive] = chosen.evaluative
    return _KeyWords(heard, written, stressed, decisive)


def _draw_sentence(
    config: SyntheticConfig, rng: np.random.Generator, key_words: _KeyWords
) -> list[_SpokenWord]:
    """The spoken words, the key words among them in their order.

    A transcript that is a list has the key words alone.
    """
    spoken = _draw_phrase(rng, LEAD_INS)
    for i, heard in enumerate(key_words.heard):
        if i:
            spoken += _draw_phrase(rng, CONNECTIVES)
        if rng.random() < config.fillers:
            spoken.append(_SpokenWord(HESITATIONS[rng.integers(len(HESITATIONS))], None))
        pause_ms = int(rng.integers(0, 3) * 20)
        word = _SpokenWord(heard, key_words.written[i], key_words.stressed[i], pause_ms, True)
        spoken.append(word)
    if config.world == "listed":
        spoken = [word if word.is_key else word._replace(written=None) for word in spoken]
    return spoken


def _transcribed(config: SyntheticConfig, spoken: Sequence[_SpokenWord]) -> list[int]:
    """Which spoken words the transcript has, in its order.

    A list is sorted by the sounds of its words, so that its order does not depend on which of them
    is evaluative.
    """
    written = [i for i, word in enumerate(spoken) if word.written]
    if config.world == "listed":
        written.sort(key=lambda i: spoken[i].heard)
    return written


def _draw_phrase(rng: np.random.Generator, phrases: Sequence[str]) -> list[_SpokenWord]:
    phrase = phrases[rng.integers(len(phrases))]
    return [_SpokenWord(word, word) for word in phrase.split()]


def _draw_speaker(config: SyntheticConfig, rng: np.random.Generator, label: str) -> int:
    speaker = int(rng.integers(config.speakers))
    if rng.random() < config.speaker_leak:
        speaker = SYNTHETIC_LABELS.index(label) % config.speakers
    return speaker


def _draw_written_label(config: SyntheticConfig, rng: np.random.Generator, label: str) -> str:
    """The label in the corpus: another one than the truth in a share `label_noise` of cases."""
    is_noisy = rng.random() < config.label_noise
    count = len(SYNTHETIC_LABELS)
    other = (SYNTHETIC_LABELS.index(label) + int(rng.integers(1, count))) % count
    return SYNTHETIC_LABELS[other] if is_noisy else label


def _draw_manner(rng: np.random.Generator, arousal: str) -> dict[str, int]:
    """How the whole utterance is spoken, in the units of `Synthesiser.speak`."""
    rate, volume, pitch, range_ = rng.integers(-5, 6, 4)
    sign = 1 if arousal == "high" else -1
    return {
        "rate": int(225 + sign * 20 + rate),
        "volume": int(45 + sign * 12 + volume // 2),
        "pitch": int(50 + sign * 15 + pitch),
        "range": int(50 + sign * 25 + range_),
    }


def corpus_folder(root: Path | str, config: SyntheticConfig) -> Path:
    """Where `make_synthetic` puts the corpus of these knobs: root / synthetic-<hash of the knobs>.

    Args:
        root: the folder of all corpora.
        config: the knobs.
    """
    return Path(root) / f"synthetic-{content_key('synthetic', config.knobs())[:10]}"


def make_synthetic(
    root: Path | str = "data", config: SyntheticConfig = SyntheticConfig(), *, jobs: int = 1
) -> Path:
    """Write the corpus below `root`; nothing is done if it is there.

    Args:
        root: the folder of all corpora.
        config: the knobs.
        jobs: how many processes speak at the same time.

    Returns:
        Its folder. It appears only when it is whole: it is written under another name and renamed.
    """
    folder = corpus_folder(root, config)
    if (folder / TRUTH_FILE).is_file():
        return folder
    rng = np.random.default_rng(config.seed)
    plans = []
    for split, count in (("train", config.train), ("valid", config.valid), ("test", config.test)):
        plans += [plan_utterance(config, rng, number, split) for number in range(count)]
    with whole_folder(folder, TRUTH_FILE) as temporary:
        _speak(plans, temporary / "audio", jobs)
        if config.video_noise is not None:
            _film(plans, config, temporary / "video.npz")
        with open(temporary / TRUTH_FILE, "w", encoding="utf-8") as file:
            file.writelines(_truth_lines(plans))
        knobs = json.dumps(config.knobs(), indent=2)
        (temporary / "corpus.json").write_text(knobs, encoding="utf-8")
    return folder


def _speak(plans: Sequence[dict], folder: Path, jobs: int) -> None:
    """Write the clips into `folder`, and the word times into the plans that have a clip."""
    folder.mkdir()
    with_audio = [plan for plan in plans if plan["has_audio"]]
    times = speech.speak_all(with_audio, folder, jobs=jobs)
    for plan in with_audio:
        starts = times[plan["id"]]["starts"]
        ends = [*starts[1:], times[plan["id"]]["end"]]
        plan["times"] = [
            (word, round(start, 4), round(end, 4))
            for word, start, end in zip(plan["written"], starts, ends, strict=True)
        ]


def _film(plans: Sequence[dict], config: SyntheticConfig, archive: Path) -> None:
    """Put what the face shows into each plan, and the frames into `archive`.

    The random generator is its own, so that words and sound are the same without video.
    """
    rng = np.random.default_rng((config.seed, 1))
    films = {}
    for plan in plans:
        shown = faces.shown(plan, config.video_noise, config.stress_share, rng)
        plan["shown"] = shown
        # Without a clip nobody hears how fast it is: each word gets 0.3 seconds.
        nominal = [(word, 0.3 * i, 0.3 * i + 0.3) for i, word in enumerate(plan["written"])]
        transcribed = in_transcript_order(plan, plan.get("times", nominal))
        _, start_s, end_s = transcribed[plan["targets"][shown["place"]]]
        last_s = max(end for _, _, end in transcribed)
        films[plan["id"]] = faces.film(shown, (start_s + end_s) / 2, last_s, rng)
    write_arrays(archive, films)


def _truth_lines(plans: Sequence[dict]) -> Iterator[str]:
    for plan in plans:
        truth = {name: value for name, value in plan.items() if name not in ("words", "written")}
        yield json.dumps(truth) + "\n"
