"""The generated corpus in IEMOCAP's folders: its formats by their own patterns, its counts too."""

import itertools
import re
import wave
from collections import Counter, defaultdict

import numpy as np
import pytest
from layout_files import EVALUATIVE, bytes_below, seconds, shown

from mcsan_lite.datasets.iemocap.reader import read_iemocap
from mcsan_lite.datasets.iemocap.simulate import write_iemocap
from mcsan_lite.datasets.iemocap.wdseg import HeardWord, wdseg_text
from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.datasets.synthetic.rules import RULES

CODES = {
    "xxx": 2507,
    "fru": 1849,
    "neu": 1708,
    "ang": 1103,
    "sad": 1084,
    "exc": 1041,
    "hap": 595,
    "sur": 107,
    "fea": 40,
    "oth": 3,
    "dis": 2,
}
CLASSES = {
    "fru": "frustration",
    "neu": "neutral",
    "ang": "anger",
    "sad": "sadness",
    "exc": "excitement",
    "hap": "happiness",
    "sur": "surprise",
}
WORDS = {
    "fru": "Frustration",
    "neu": "Neutral",
    "ang": "Anger",
    "sad": "Sadness",
    "exc": "Excited",
    "hap": "Happiness",
    "sur": "Surprise",
    "fea": "Fear",
    "oth": "Other",
    "dis": "Disgust",
}
LABEL = re.compile(
    r"\[(\d+\.\d{4}) - (\d+\.\d{4})\]\t(\w+)\t([a-z]{3})\t\[(\d\.\d{4}), (\d\.\d{4}), (\d\.\d{4})\]"
)
VOTE = re.compile(r"C-(E[2-4]|[FM]1):\t((?:[A-Z][a-z]+; ?)*[A-Z][a-z]+);\t\([a-z ]*\)")
SCALE = re.compile(r"A-(E[34]|[FM]1):\tval [1-5]; act [1-5]; dom  ([1-5]?);\t\(\)")
TURN = re.compile(
    r"(Ses0[1-5][MF]_(?:impro0[1-8][ab]?|script0[1-3]_[1-3]b?)_[MF]\d{3})"
    r" \[(\d{3}\.\d{4})-(\d{3}\.\d{4})\]: (\S.*)"
)
NAMELESS = re.compile(
    r"[MF]: \S.*|Ses0[1-5]\w+_[MF]XX0 \[\d{3}\.\d{4}-\d{3}\.\d{4}\]: \[LAUGHTER\]"
)
SEGMENT = re.compile(r"\t[ \d]{5} [ \d]{5} [ \-\d]{10} (\S+)")


@pytest.fixture(scope="module")
def iemocap(tmp_path_factory):
    return write_iemocap(tmp_path_factory.mktemp("iemocap"), voice=False)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A small tree with the voice, and what the voice said about its times."""
    said = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speech, "_UTTERANCES_PER_PROCESS", 40)  # two processes
        patch.setattr(
            speech,
            "speak_all",
            lambda *plan, real=speech.speak_all, **o: said.update(real(*plan, **o)) or said,
        )
        return write_iemocap(tmp_path_factory.mktemp("spoken"), turns=60), said


def blocks(folder):
    """{id: (label match, the raters' lines)} of all label files; every line is looked at."""
    found = {}
    for file in shown(folder, "Session?/dialog/EmoEvaluation/*.txt"):
        head, *parts, end = file.read_text(encoding="utf-8").split("\n\n")
        assert head == "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]" and end == ""
        for part in parts:
            first, *lines = part.split("\n")
            match = LABEL.fullmatch(first)
            assert match[3].rsplit("_", 1)[0] == file.stem and match[3] not in found
            found[match[3]] = match, lines
    return found


def segments(file):
    """(first frame, last frame, word) of an alignment, whose columns are looked at."""
    head, *rows, total = file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    assert head == "\t SFrm  EFrm    SegAScr Word" and re.fullmatch(
        r" Total score: [ \-\d]{11}", total
    )
    assert all(SEGMENT.fullmatch(row) for row in rows)
    assert sum(int(row.split()[2]) for row in rows) == int(total.split()[-1])
    return [(int(a), int(b), word) for a, b, _, word in map(str.split, rows)]


def test_iemocap_is_counted_as_published(iemocap):
    labels = {name: match[4] for name, (match, _) in blocks(iemocap).items()}
    assert Counter(labels.values()) == CODES
    four = Counter(
        name[4] for name, code in labels.items() if code in ("ang", "hap", "exc", "sad", "neu")
    )
    assert [four[s] for s in "12345"] == [1085, 1023, 1151, 1031, 1241]
    dialogues = {name.rsplit("_", 1)[0] for name in labels}
    assert Counter(d[4] for d in dialogues) == dict(zip("12345", (28, 30, 32, 30, 31), strict=True))
    assert {
        "Ses03M_impro05a",
        "Ses03M_impro05b",
        "Ses03M_impro08a",
        "Ses03M_impro08b",
        "Ses05M_script01_1b",
    } < dialogues
    assert len({(name[4], name.rsplit("_", 1)[1][0]) for name in labels}) == 10
    for dialogue in dialogues:  # every class everywhere, and numbers without a hole
        numbers = sorted(
            name.rsplit("_", 1)[1] for name in labels if name.startswith(f"{dialogue}_")
        )
        assert numbers == [
            f"{x}{i:03d}" for x in "FM" for i in range(sum(n[0] == x for n in numbers))
        ]


def test_iemocap_labels_are_the_votes_of_the_raters(iemocap):
    without = 0
    for match, lines in blocks(iemocap).values():
        own = match[3].rsplit("_", 1)[1][0] + "1"
        votes, scales = list(map(VOTE.fullmatch, lines[:4])), list(map(SCALE.fullmatch, lines[4:]))
        assert [v[1] for v in votes] == ["E2", "E3", "E4", own] and [s[1] for s in scales] == [
            "E3",
            "E4",
            own,
        ]
        winners = [
            w for w, n in Counter("; ".join(v[2] for v in votes[:3]).split("; ")).items() if n > 1
        ]
        assert winners == ([WORDS[match[4]]] if match[4] != "xxx" else [])
        dominance = [int(s[2]) for s in scales[:2] if s[2]]
        assert float(match[7]) == np.mean(dominance)
        without += sum(s[2] == "" for s in scales)
    assert without == 36


def test_iemocap_transcripts_hold_every_turn_and_what_misleads_a_parser(iemocap):
    labels, texts, nameless, unsorted = blocks(iemocap), {}, [], 0
    for file in shown(iemocap, "Session?/dialog/transcriptions/*.txt"):
        starts = []
        for line in file.read_text(encoding="ascii").splitlines():
            if match := TURN.fullmatch(line):
                assert match[1] not in texts and match[1].startswith(file.stem)
                texts[match[1]] = match[4]
                starts.append(float(match[2]))
                assert (starts[-1], float(match[3])) == tuple(
                    map(float, labels[match[1]][0].group(1, 2))
                )
            else:
                assert NAMELESS.fullmatch(line), line
                nameless.append(line)
        unsorted += starts != sorted(starts)
    assert texts.keys() == labels.keys() and 10 < unsorted < 60
    assert (
        sum("XX0" in line for line in nameless) == 46
        and sum(line[1] == ":" for line in nameless) > 50
    )
    assert all(
        sum(mark in text for text in texts.values()) > 50 for mark in (":", " -- ", "[LAUGHTER]")
    )
    for name, text in texts.items():  # what the seven classes say is the generator's
        sense = {EVALUATIVE[w] for w in re.findall(r"[a-z]+", text.lower()) if w in EVALUATIVE}
        if code := CLASSES.get(labels[name][0][4]):
            assert sense == {RULES[code][0]} - {"none"}, name


def test_iemocap_clips_and_alignments(iemocap):
    turns = blocks(iemocap)
    clips = {p.stem: p for p in shown(iemocap, "Session?/sentences/wav/*/*")}
    aligned = {p.stem: p for p in shown(iemocap, "Session?/sentences/ForcedAlignment/*/*")}
    assert clips.keys() == turns.keys() and {p.suffix for p in clips.values()} == {".wav"}
    assert turns.keys() - aligned.keys() == {"Ses03M_impro03_M001", "Ses03F_impro07_M030"}
    assert all(
        p.parent.name == name.rsplit("_", 1)[0] and p.parts[-5] == f"Session{name[4]}"
        for name, p in itertools.chain(
            clips.items(), ((n, p) for n, p in aligned.items() if p.suffix == ".wdseg")
        )
    )
    kinds = Counter()
    for name in list(aligned)[::7]:
        rows = segments(aligned[name])
        assert rows[0][2] == "<s>" and rows[-1][2] == "</s>" and rows[0][0] == 0
        assert all(a <= b for a, b, _ in rows) and all(
            x[1] + 1 == y[0] for x, y in itertools.pairwise(rows)
        )
        start, end = map(float, turns[name][0].group(1, 2))
        assert (
            (rows[-1][1] + 1) / 100
            == pytest.approx(seconds(clips[name]), abs=1e-6)
            == pytest.approx(end - start)
        )
        kinds.update(re.sub(r"\w+", "w", word) for *_, word in rows[1:-1])
    assert kinds.keys() == {"w", "<w>", "w(w)", "++w++"}


def test_iemocap_decoys_and_hidden_files(iemocap):
    assert len(shown(iemocap, "Session?/dialog/EmoEvaluation/Categorical/*.txt")) == 151
    assert len(shown(iemocap, "Session?/dialog/EmoEvaluation/Self-evaluation/*.txt")) == 151
    hidden = list(iemocap.rglob("._*"))
    assert {p.parent.name for p in hidden} > {"EmoEvaluation", "transcriptions"} and len(
        hidden
    ) > 300
    assert all(
        p.with_name(p.name[2:]).is_file() and p.read_bytes()[:4] == b"\0\x05\x16\x07"
        for p in hidden
    )
    note = (iemocap / "SYNTHETIC.txt").read_text(encoding="utf-8")
    assert (
        note.count("\n") == 2
        and "no word, sound or label in this folder comes from IEMOCAP" in note
    )
    assert {p.name for p in iemocap.iterdir()} == {
        "SYNTHETIC.txt",
        *(f"Session{n}" for n in range(1, 6)),
    }


def test_the_iemocap_reader_finds_all_of_it(iemocap):
    corpus = read_iemocap(iemocap)
    assert (
        corpus.counts().to_dict() == {CLASSES[c]: n for c, n in CODES.items() if c in CLASSES}
        and len(corpus) == 7487
    )
    kinds = corpus.skipped_kinds().to_dict()
    assert sum(n for kind, n in kinds.items() if kind.startswith("label ")) == 10_039 - 7487
    assert {46, 36, 2507} <= set(kinds.values())
    assert (
        all(u.audio.is_file() for u in corpus.utterances)
        and sum(not u.words for u in corpus.utterances) <= 2
    )
    assert (
        len({u.speaker for u in corpus.utterances}) == 10
        and len(read_iemocap(iemocap, classes=4)) == 5531
    )


@pytest.mark.parametrize("turns", [11, 60, 700])
def test_a_small_tree_holds_every_class_and_the_reader_takes_it(tmp_path, turns):
    folder = write_iemocap(tmp_path, turns=turns, voice=False)
    counts = Counter(match[4] for match, _ in blocks(folder).values())
    assert counts.keys() == CODES.keys() and counts.total() == turns
    assert len(read_iemocap(folder, strict=False)) == sum(counts[c] for c in CLASSES)


def test_scenarios_tell_the_class_as_far_as_the_knob_says(tmp_path):
    def by_scenario_alone(scene_leak):
        folder = write_iemocap(
            tmp_path / str(scene_leak), turns=700, voice=False, scene_leak=scene_leak
        )
        labels = defaultdict(Counter)
        for u in read_iemocap(folder, strict=False).utterances:
            labels[u.scenario][u.label] += 1
        assert len(labels) == (
            14 if scene_leak == 1 else 15
        )  # no class is at home in the eighth improvisation
        return sum(max(c.values()) for c in labels.values()) / sum(
            c.total() for c in labels.values()
        )

    none, half, full = map(by_scenario_alone, (0.0, 0.5, 1.0))
    assert none < 0.35 and 0.5 < half < 0.7 and full == 1.0


def test_words_lie_where_the_voice_said_them(spoken):
    folder, said = spoken
    late, loud = [], []
    for file in shown(folder, "Session?/sentences/ForcedAlignment/*/*.wdseg"):
        rows, times = segments(file), said[file.stem]
        words = [row for row in rows if row[2] not in ("<s>", "<sil>", "</s>")]
        late += [a / 100 - start for (a, *_), start in zip(words, times["starts"], strict=True)]
        clip = next(folder.glob(f"Session?/sentences/wav/*/{file.stem}.wav"))
        assert seconds(clip) == pytest.approx(times["end"], abs=1e-3)
        assert 0 <= seconds(clip) - (rows[-1][1] + 1) / 100 < 0.011
        with wave.open(str(clip)) as sound:
            samples = np.frombuffer(sound.readframes(-1), "<i2").astype(float)
        power = [np.mean(samples[160 * a : 160 * (b + 1)] ** 2) for a, b, word in rows]
        loud.append((np.mean(power[1:-1]), power[-1], power[0]))
    word, after, before = np.sqrt(np.mean(loud, axis=0))
    assert word > 2 * max(before, after)  # the words are where the sound is
    assert np.mean(np.abs(late) < 0.0051) > 0.8 and min(late) > -0.0051 and max(late) < 0.08


def test_every_speaker_keeps_one_voice_of_the_right_sex(tmp_path, monkeypatch):
    plans = []
    hum_all = speech.hum_all
    monkeypatch.setattr(
        speech, "hum_all", lambda plan, folder: plans.extend(plan) or hum_all(plan, folder)
    )
    write_iemocap(tmp_path, turns=150, voice=False)
    voices = {(p["id"][4], p["id"].rsplit("_", 1)[1][0], p["voice"]) for p in plans}
    assert len(voices) == len({v for *_, v in voices}) == 10
    assert all(voice.split("+")[1][0] == letter.lower() for _, letter, voice in voices)


def test_alignments_of_the_shortest_and_of_shared_events(tmp_path):
    words = [
        HeardWord("the", 0, "the"),
        HeardWord("pain", 40, "pain"),
        HeardWord("um", 0, None),
        HeardWord("of", 0, "of"),
    ]
    (tmp_path / "a.wdseg").write_text(
        wdseg_text(words, [0.0, 0.3, 0.3, 0.3], 0.5), encoding="utf-8"
    )
    assert segments(tmp_path / "a.wdseg") == [
        (0, 2, "<s>"),
        (3, 25, "THE(2)"),
        (26, 29, "<sil>"),
        (30, 30, "PAIN"),
        (31, 31, "++UM++"),
        (32, 44, "OF"),
        (45, 49, "</s>"),
    ]
    (tmp_path / "b.wdseg").write_text(wdseg_text(words[:2], [0.0, 0.1], 0.1), encoding="utf-8")
    assert segments(tmp_path / "b.wdseg") == [
        (0, 2, "<s>"),
        (3, 3, "THE(2)"),
        (4, 4, "PAIN"),
        (5, 9, "</s>"),
    ]


def test_the_same_knobs_give_the_same_voices(spoken, tmp_path, monkeypatch):
    folder, _ = spoken
    monkeypatch.setattr(speech, "_UTTERANCES_PER_PROCESS", 40)
    again = bytes_below(write_iemocap(tmp_path / "again", turns=60, jobs=2))
    assert again == bytes_below(folder)
    other = bytes_below(write_iemocap(tmp_path / "other", turns=60, seed=1))
    assert (
        sum(other.get(name) == content for name, content in again.items()) < 50
    )  # SYNTHETIC.txt, hidden files
