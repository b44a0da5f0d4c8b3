"""The generated corpus: speech in which the truth is known. Its scores are never set beside the paper's.

Every label comes from factors that live in one place each:

- *sense*: an evaluative word (pain, sweet) is a homophone of a plain one (pane, suite). The ear hears the same sound;
  only the spelling in the transcript tells. Each utterance strings several such words, at most one of them evaluative.
- *stress*: some of the words are louder, higher and slower. Only the sound tells, and only the evaluative word's counts.
- *arousal*: pitch, range, rate and volume of the whole utterance, after Banse & Scherer 1996 and Juslin & Laukka 2003.

| sense | that word stressed | not stressed |
|---|---|---|
| negative | anger | frustration (high arousal) or sadness (low) |
| positive | excitement | happiness |
| no evaluative word | surprise (high arousal) or neutral (low) | |

With `video_noise` a face shows the same factors (faces.py); what is said and heard stays as it is without.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from mcsan_lite.cache import key as content_key
from mcsan_lite.cache import whole_folder
from mcsan_lite.corpus import Corpus, Skipped, Utterance, Word
from mcsan_lite.datasets.synthetic import faces, speech
from mcsan_lite.errors import DataError
from mcsan_lite.features.video import write_arrays

LABELS = ("frustration", "neutral", "anger", "sadness", "excitement", "happiness", "surprise")
IEMOCAP_COUNTS = (1849, 1708, 1103, 1084, 1041, 595, 107)  # in the order of LABELS

# (evaluative, plain) spellings; a test asks the synthesiser for the phonemes of both, in every voice.
NEGATIVE = (
    ("pain", "pane"),
    ("guilt", "gilt"),
    ("weak", "week"),
    ("foul", "fowl"),
    ("bruise", "brews"),
    ("die", "dye"),
    ("sore", "soar"),
    ("moan", "mown"),
    ("wail", "whale"),
    ("bored", "board"),
    ("tears", "tiers"),
    ("hurts", "hertz"),
    ("whine", "wine"),
    ("groan", "grown"),
    ("slay", "sleigh"),
    ("lone", "loan"),
)
POSITIVE = (
    ("sweet", "suite"),
    ("peace", "piece"),
    ("great", "grate"),
    ("flower", "flour"),
    ("soul", "sole"),
    ("heart", "hart"),
    ("prize", "pries"),
    ("dear", "deer"),
    ("holy", "wholly"),
    ("sun", "son"),
    ("heal", "heel"),
    ("praise", "prays"),
    ("rose", "rows"),
    ("fair", "fare"),
    ("raise", "rays"),
    ("bridal", "bridle"),
)
LEAD_INS = (
    "",
    "so",
    "she said",
    "he wrote",
    "they told us of",
    "i was thinking about",
    "listen",
    "you know the",
)
CONNECTIVES = ("and", "or", "then", "with the", "and the", "of", "but", "not the")
FILLERS = ("um", "er", "uh")

# class -> sense, whether the evaluative word is stressed, P(high arousal)
RULES: dict[str, tuple[str, bool | None, float]] = {
    "anger": ("negative", True, 0.5),
    "frustration": ("negative", False, 1.0),
    "sadness": ("negative", False, 0.0),
    "excitement": ("positive", True, 0.5),
    "happiness": ("positive", False, 0.5),
    "surprise": ("none", None, 1.0),
    "neutral": ("none", None, 0.0),
}


@dataclass(frozen=True)
class SyntheticConfig:
    """The knobs. Everything here changes the corpus, and so its folder's name."""

    train: int = 6000
    valid: int = 500
    test: int = 1000
    seed: int = 20210606
    world: Literal["matching", "leaking"] = (
        "matching"  # leaking: every sound has one spelling, so the ear knows too
    )
    pairs: int = 16  # homophone pairs in use, half of them negative; at most 32
    held_out_pairs: int = (
        0  # further pairs that only the test part uses: only the word vectors can carry them over
    )
    max_words: int = 6  # an utterance strings 1 to max_words of them
    stress_share: float = 0.5  # chance that a word which decides nothing is stressed
    speakers: int = 10  # at most 12 voices
    speaker_leak: float = 0.0  # share of utterances whose speaker is chosen by the class
    imbalance: Literal["none", "iemocap"] = "none"
    label_noise: float = 0.0  # share of labels replaced by another class
    fillers: float = 0.0  # chance of an um or er before a word: spoken, not transcribed
    missing_text: float = 0.0  # share of utterances with an empty transcript
    missing_audio: float = 0.0  # share of utterances without a clip
    video_noise: float | None = (
        None  # chance that the face shows another sense, stress or arousal; None: no video
    )

    def __post_init__(self) -> None:
        checks = [
            (name, 0 <= getattr(self, name) <= 1, "a share from 0 to 1")
            for name in (
                "stress_share",
                "speaker_leak",
                "label_noise",
                "fillers",
                "missing_text",
                "missing_audio",
            )
        ]
        checks += [
            (
                "video_noise",
                self.video_noise is None or 0 <= self.video_noise <= 1,
                "None, or a share from 0 to 1",
            )
        ]
        checks += [
            (name, getattr(self, name) > 0, "at least 1")
            for name in ("train", "valid", "test", "max_words")
        ]
        few = max(
            3, self.max_words
        )  # each pair at most once an utterance, and in the leaking world only half may be plain
        checks += [
            (
                "pairs",
                self.pairs % 2 == 0 and few < self.pairs <= 32,
                "even, 4 to 32, over max_words",
            ),
            (
                "held_out_pairs",
                self.held_out_pairs % 2 == 0
                and (self.held_out_pairs == 0 or few < self.held_out_pairs <= 32 - self.pairs),
                "0; or even, at least 4, over max_words, and with `pairs` at most 32",
            ),
            ("speakers", 1 <= self.speakers <= len(speech.VOICES), f"1 to {len(speech.VOICES)}"),
            ("world", self.world in ("matching", "leaking"), "'matching' or 'leaking'"),
            ("imbalance", self.imbalance in ("none", "iemocap"), "'none' or 'iemocap'"),
        ]
        for name, good, expected in checks:
            if not good:
                raise ValueError(
                    f"Given: {name}={getattr(self, name)!r}. Expected: {expected}. Do: change {name}."
                )

    @property
    def prior(self) -> np.ndarray:
        """P(class), (7,), in the order of LABELS."""
        counts = np.array(IEMOCAP_COUNTS if self.imbalance == "iemocap" else np.ones(7), float)
        return counts / counts.sum()


def plan_utterance(
    config: SyntheticConfig,
    rng: np.random.Generator,
    number: int,
    split: str,
    *,
    label: str | None = None,
) -> dict:
    """One utterance as a plan: its factors, its spoken words, its transcript. `label`: of this class, not a drawn one."""
    drawn = LABELS[rng.choice(7, p=config.prior)]
    label = label or drawn
    sense, decisive_stress, p_high = RULES[label]
    arousal = "high" if rng.random() < p_high else "low"
    low, high = (
        (config.pairs // 2, (config.pairs + config.held_out_pairs) // 2)
        if split == "test" and config.held_out_pairs
        else (0, config.pairs // 2)
    )
    pool = [("negative", *p) for p in NEGATIVE[low:high]] + [
        ("positive", *p) for p in POSITIVE[low:high]
    ]
    evaluative, plain = pool, pool
    if config.world == "leaking":  # even pairs are only ever evaluative, odd ones only ever plain
        evaluative, plain = pool[0::2], pool[1::2]
    count = int(min(rng.integers(1, config.max_words + 1), len(plain)))
    decisive = int(rng.integers(count)) if sense != "none" else None
    spellings: list[tuple[str, str]] = []  # (as heard, as written)
    if decisive is not None:
        chosen = [p for p in evaluative if p[0] == sense]
        chosen = chosen[rng.integers(len(chosen))]
    else:
        chosen = None
    others = [p for p in plain if p is not chosen]
    others = [others[i] for i in rng.permutation(len(others))[:count]]
    stressed = (rng.random(count) < config.stress_share).tolist()
    if decisive is not None:
        stressed[decisive] = decisive_stress
    for i in range(count):
        if i == decisive:
            spellings.append((chosen[1], chosen[1]))
        else:
            spellings.append((others[i][1], others[i][2]))
    spoken: list[
        tuple[str, str | None, bool, int]
    ] = []  # word heard, word written or None, stressed, pause before
    spoken += [(w, w, False, 0) for w in LEAD_INS[rng.integers(len(LEAD_INS))].split()]
    targets = []
    for i, (heard, written) in enumerate(spellings):
        if i:
            spoken += [
                (w, w, False, 0) for w in CONNECTIVES[rng.integers(len(CONNECTIVES))].split()
            ]
        if rng.random() < config.fillers:
            spoken.append((FILLERS[rng.integers(len(FILLERS))], None, False, 0))
        targets.append(len([s for s in spoken if s[1] is not None]))
        spoken.append((heard, written, stressed[i], int(rng.integers(0, 3) * 20)))
    speaker = int(rng.integers(config.speakers))
    if rng.random() < config.speaker_leak:
        speaker = LABELS.index(label) % config.speakers
    noisy = rng.random() < config.label_noise
    other = LABELS[(LABELS.index(label) + int(rng.integers(1, 7))) % 7]
    jitter = rng.integers(-5, 6, 4)
    sign = 1 if arousal == "high" else -1
    return {
        "id": f"{split}_{number:06d}",
        "split": split,
        "true_label": label,
        "label": other if noisy else label,
        "sense": sense,
        "arousal": arousal,
        "decisive": None if decisive is None else targets[decisive],
        "targets": targets,
        "stressed": stressed,
        "pairs": [h for h, _ in spellings],
        "text": ""
        if rng.random() < config.missing_text
        else " ".join(w for _, w, _, _ in spoken if w),
        "has_audio": bool(rng.random() >= config.missing_audio),
        "speaker": speaker,
        "voice": speech.VOICES[speaker],
        "rate": int(225 + sign * 20 + jitter[0]),
        "volume": int(45 + sign * 12 + jitter[1] // 2),
        "pitch": int(50 + sign * 15 + jitter[2]),
        "range": int(50 + sign * 25 + jitter[3]),
        "words": [(heard, on, pause) for heard, _, on, pause in spoken],
        "written": [w for _, w, _, _ in spoken],
    }


def _knobs(config: SyntheticConfig) -> dict:
    """A knob that is None is not there: it changes neither the folder's name nor what is in it."""
    return {name: value for name, value in asdict(config).items() if value is not None}


def _film(plan: Sequence[dict], config: SyntheticConfig, folder: Path) -> None:
    """Put what the face shows into the plan, whose words have their times, and the frames into `folder`/video.npz. The
    generator is its own, so that words and sound are the same without video."""
    rng, films = np.random.default_rng((config.seed, 1)), {}
    for p in plan:
        p["shown"] = faces.shown(p, config.video_noise, config.stress_share, rng)
        nominal = [
            (w, 0.3 * i, 0.3 * i + 0.3) for i, w in enumerate(p["written"])
        ]  # nobody hears how fast it is
        spoken = [t for t in p.get("times", nominal) if t[0]]
        _, start, end = spoken[p["targets"][p["shown"]["place"]]]
        films[p["id"]] = faces.film(p["shown"], (start + end) / 2, spoken[-1][2], rng)
    write_arrays(folder / "video.npz", films)


def corpus_folder(root: Path | str, config: SyntheticConfig) -> Path:
    """Where `make_synthetic` puts the corpus of these knobs: root / synthetic-<hash of the knobs>."""
    return Path(root) / f"synthetic-{content_key('synthetic', _knobs(config))[:10]}"


def make_synthetic(
    root: Path | str = "data", config: SyntheticConfig = SyntheticConfig(), *, jobs: int = 1
) -> Path:
    """Write the corpus below `root` and return its folder; nothing is done if it is there.

    The folder appears only when it is whole: it is written under another name and renamed.
    """
    folder = corpus_folder(root, config)
    if (folder / "utterances.jsonl").is_file():
        return folder
    rng = np.random.default_rng(config.seed)
    plan = [
        plan_utterance(config, rng, n, split)
        for split in ("train", "valid", "test")
        for n in range(getattr(config, split))
    ]
    with whole_folder(folder, "utterances.jsonl") as temporary:
        (temporary / "audio").mkdir()
        times = speech.speak_all(
            [p for p in plan if p["has_audio"]], temporary / "audio", jobs=jobs
        )
        for p in plan:
            if p["has_audio"]:
                starts = times[p["id"]]["starts"] + [times[p["id"]]["end"]]
                p["times"] = [
                    (w, round(a, 4), round(b, 4))
                    for w, a, b in zip(p["written"], starts[:-1], starts[1:], strict=True)
                ]
        if config.video_noise is not None:
            _film(plan, config, temporary)
        with open(temporary / "utterances.jsonl", "w") as file:
            for p in plan:
                file.write(
                    json.dumps({k: v for k, v in p.items() if k not in ("words", "written")}) + "\n"
                )
        (temporary / "corpus.json").write_text(json.dumps(_knobs(config), indent=2))
    return folder


def read_truth(folder: Path | str) -> pd.DataFrame:
    """The oracle, indexed by utterance id: sense, arousal, stressed, decisive (index into the transcript's tokens),
    targets (indices of all homophones), pairs (what they sound like), the label before noise and, with video, what the
    face has shown."""
    path = Path(folder) / "utterances.jsonl"
    if not path.is_file():
        raise DataError(
            f"no synthetic corpus at {folder}",
            "a folder with utterances.jsonl and audio/",
            "mcsan data synthetic   (makes it in seconds)",
        )
    return pd.DataFrame(map(json.loads, path.read_text().splitlines())).set_index("id")


def read_synthetic(folder: Path | str) -> Corpus:
    """The corpus in `folder`, with word times, as every other reader gives it: the models see no factor."""
    utterances, skipped = [], []
    for p in read_truth(folder).reset_index().to_dict("records"):
        audio = Path(folder) / "audio" / f"{p['id']}.flac" if p["has_audio"] else None
        if not p["has_audio"] and not p["text"]:
            skipped.append(Skipped(p["id"], "neither a clip nor a transcript"))
            continue
        number = int(p["id"].rsplit("_", 1)[1])
        words = tuple(Word(*w) for w in p["times"] if w[0]) if p["has_audio"] else ()
        video = Path(folder) / "video.npz" / f"{p['id']}.npy" if "shown" in p else None
        utterances.append(
            Utterance(
                p["id"],
                audio,
                p["text"],
                p["label"],
                speaker=f"speaker{p['speaker']:02d}",
                dialogue=f"{p['split']}_{number // 10:05d}",
                split=p["split"],
                words=words,
                video=video,
            )
        )
    return Corpus(
        Path(folder).name,
        LABELS,
        tuple(utterances),
        tuple(skipped),
        kind="synthetic",
        generated=True,
    )
