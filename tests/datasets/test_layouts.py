"""The generated corpus in IEMOCAP's and MELD's folders: formats by their own patterns, counts by the real readers."""

import csv
import io
import itertools
import re
import wave
from collections import Counter, defaultdict
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal

from mcsan_lite.datasets.iemocap.reader import read_iemocap
from mcsan_lite.datasets.iemocap.simulate import write_iemocap
from mcsan_lite.datasets.iemocap.wdseg import HeardWord, wdseg_text
from mcsan_lite.datasets.layouts import share
from mcsan_lite.datasets.meld.reader import read_meld
from mcsan_lite.datasets.meld.simulate import SAID_AS, write_meld
from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE, RULES, SYNTHETIC_LABELS

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
MELD_COUNTS = {  # anger, disgust, fear, joy, neutral, sadness, surprise
    "train": (1109, 271, 268, 1743, 4710, 683, 1205),
    "dev": (153, 22, 40, 163, 470, 111, 150),
    "test": (345, 68, 50, 402, 1256, 208, 281),
}
FOLDERS = {
    "train": "train_splits",
    "dev": "dev_splits_complete",
    "test": "output_repeated_splits_test",
}
EVALUATIVE = {
    pair[0]: sense
    for sense, pairs in (("negative", NEGATIVE), ("positive", POSITIVE))
    for pair in pairs
}


@pytest.fixture(scope="module")
def iemocap(tmp_path_factory):
    return write_iemocap(tmp_path_factory.mktemp("iemocap"), voice=False)


@pytest.fixture(scope="module")
def meld(tmp_path_factory):
    return write_meld(tmp_path_factory.mktemp("meld"), voice=False)


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


def shown(folder, pattern):
    """Files that are not hidden."""
    return sorted(p for p in folder.glob(pattern) if not p.name.startswith("."))


def blocks(folder):
    """{id: (label match, the raters' lines)} of all label files, every line of which is looked at."""
    found = {}
    for file in shown(folder, "Session?/dialog/EmoEvaluation/*.txt"):
        head, *parts, end = file.read_text().split("\n\n")
        assert head == "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]" and end == ""
        for part in parts:
            first, *lines = part.split("\n")
            match = LABEL.fullmatch(first)
            assert match[3].rsplit("_", 1)[0] == file.stem and match[3] not in found
            found[match[3]] = match, lines
    return found


def segments(file):
    """(first frame, last frame, word) of an alignment, whose columns are looked at."""
    head, *rows, total = file.read_text().removesuffix("\n").split("\n")
    assert head == "\t SFrm  EFrm    SegAScr Word" and re.fullmatch(
        r" Total score: [ \-\d]{11}", total
    )
    assert all(SEGMENT.fullmatch(row) for row in rows)
    assert sum(int(row.split()[2]) for row in rows) == int(total.split()[-1])
    return [(int(a), int(b), word) for a, b, _, word in map(str.split, rows)]


def bytes_below(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def seconds(clip):
    with wave.open(str(clip)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return file.getnframes() / 16_000


def clock(time):
    hours, minutes, rest = time.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest.replace(",", "."))


def rows_of(folder, part):
    return list(
        csv.DictReader(io.StringIO((folder / f"{part}_sent_emo.csv").read_text(encoding="utf-8")))
    )


@given(st.integers(11, 50_000), st.lists(st.integers(1, 5000), min_size=2, max_size=11))
def test_a_share_is_whole_proportional_and_never_empty(total, weights):
    parts = share(total, weights)
    assert (
        parts.sum() == total
        and parts.min() >= 1
        and share(sum(weights), weights).tolist() == weights
    )
    exact = np.array(weights) / sum(weights) * total
    if exact.min() >= 1:
        assert np.all(np.abs(parts - exact) < 1)


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
    note = (iemocap / "SYNTHETIC.txt").read_text()
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
    word, behind, before = np.sqrt(np.mean(loud, axis=0))
    assert word > 2 * max(before, behind)  # the words are where the sound is
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
    (tmp_path / "a.wdseg").write_text(wdseg_text(words, [0.0, 0.3, 0.3, 0.3], 0.5))
    assert segments(tmp_path / "a.wdseg") == [
        (0, 2, "<s>"),
        (3, 25, "THE(2)"),
        (26, 29, "<sil>"),
        (30, 30, "PAIN"),
        (31, 31, "++UM++"),
        (32, 44, "OF"),
        (45, 49, "</s>"),
    ]
    (tmp_path / "b.wdseg").write_text(wdseg_text(words[:2], [0.0, 0.1], 0.1))
    assert segments(tmp_path / "b.wdseg") == [
        (0, 2, "<s>"),
        (3, 3, "THE(2)"),
        (4, 4, "PAIN"),
        (5, 9, "</s>"),
    ]


def test_meld_is_counted_as_published(meld):
    for part, counts in MELD_COUNTS.items():
        rows = rows_of(meld, part)
        assert (
            tuple(Counter(r["Emotion"] for r in rows)[label] for label in sorted(SAID_AS)) == counts
        )
        assert all((r["Emotion"] == "neutral") == (r["Sentiment"] == "neutral") for r in rows)
        assert {r["Sentiment"] for r in rows if r["Emotion"] == "surprise"} == {
            "positive",
            "negative",
        }
    sizes = {
        part: [len({r[c] for r in rows_of(meld, part)}) for c in ("Dialogue_ID", "Speaker")]
        for part in MELD_COUNTS
    }
    assert sizes == {"train": [1038, 260], "dev": [114, 47], "test": [280, 100]}
    assert sorted(SAID_AS.values()) == sorted(SYNTHETIC_LABELS)


def test_meld_rows_have_the_published_form_and_its_oddities(meld):
    holes, times, texts = {}, [], []
    for part in MELD_COUNTS:
        raw = (meld / f"{part}_sent_emo.csv").read_bytes()
        assert raw.startswith(
            b"Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
            b"StartTime,EndTime\r\n"
        ) and raw.count(b"\n") == raw.count(b"\r\n")
        rows = rows_of(meld, part)
        times += [f for r in rows for f in (r["StartTime"], r["EndTime"])]
        texts += [r["Utterance"] for r in rows]
        dialogues = defaultdict(set)
        for r in rows:
            dialogues[int(r["Dialogue_ID"])].add(int(r["Utterance_ID"]))
        assert sum(map(len, dialogues.values())) == len(rows)
        holes[part] = {
            d: gone for d, known in dialogues.items() if (gone := set(range(max(known))) - known)
        }
        if part == "train":
            assert set(range(1039)) - dialogues.keys() == {60}
            numbers = [int(r["Sr No."]) for r in rows]
            assert len(rows) - len(set(numbers)) == 57 and max(numbers) > len(rows) + 500
            columns = "Season", "Episode", "StartTime", "EndTime", "Utterance", "Emotion", "Speaker"
            assert len(rows) - len({tuple(r[c] for c in columns) for r in rows}) == 5
    assert len(holes["train"]) == 72 and sum(map(len, holes["train"].values())) == 100
    assert holes["dev"] == {49: {4, 5}, 66: {9, 10}} and holes["test"] == {
        93: {5, 6, 7},
        108: {1, 2},
    }
    assert all(re.fullmatch(r"\d{1,2}:[0-5]\d:[0-5]\d,\d{2,3}", f) for f in times)
    assert 0.23 < np.mean([len(f.split(":")[0]) == 1 for f in times]) < 0.27
    assert sum(len(f.split(",")[1]) == 2 for f in times) == 3
    assert sum("\u2019" in t for t in texts) > 3000 and sum("'" in t for t in texts) > 100
    assert (
        any('"' in t for t in texts)
        and any("," in t for t in texts)
        and any(t.startswith("So ") for t in texts)
    )


def test_meld_times_have_the_published_defects(meld):
    rows = {
        (part, int(r["Dialogue_ID"]), int(r["Utterance_ID"])): r
        for part in MELD_COUNTS
        for r in rows_of(meld, part)
    }
    spans = {place: clock(r["EndTime"]) - clock(r["StartTime"]) for place, r in rows.items()}
    assert {place: span for place, span in spans.items() if not 0.05 < span < 20} == pytest.approx(
        {
            ("train", 309, 0): 41.0,
            ("test", 38, 4): 304.9,
            ("test", 220, 0): 235.1,
            ("test", 155, 3): 0.0,
        },
        abs=1e-6,
    )
    clips = defaultdict(list)
    for (part, *_), r in rows.items():
        clips[r["Season"], r["Episode"], clock(r["StartTime"])].append(part)
    assert Counter(map(tuple, (c for c in clips.values() if len(c) > 1))) == {
        ("train", "train"): 5,
        ("train", "test"): 1,
    }


def test_meld_clips_have_the_published_defects(meld):
    clips = {part: {p.name for p in shown(meld / folder, "*")} for part, folder in FOLDERS.items()}
    rows = {
        part: {f"dia{r['Dialogue_ID']}_utt{r['Utterance_ID']}.wav" for r in rows_of(meld, part)}
        for part in MELD_COUNTS
    }
    assert clips["train"] == rows["train"]
    assert rows["dev"] - clips["dev"] == {"dia110_utt7.wav"}
    assert clips["dev"] - rows["dev"] == {
        "dia49_utt4.wav",
        "dia49_utt5.wav",
        "dia66_utt9.wav",
        "dia66_utt10.wav",
    }
    twins = {name for name in clips["test"] if name.startswith("final_videos_test")}
    unlabelled = {"dia108_utt2.wav", "dia93_utt5.wav", "dia93_utt6.wav", "dia93_utt7.wav"}
    assert (
        clips["test"] - twins - rows["test"] == unlabelled
        and rows["test"] <= clips["test"]
        and len(twins) == 131
    )
    with pytest.raises((wave.Error, EOFError)):
        seconds(meld / "train_splits" / "dia125_utt3.wav")
    wrong, test = 0, meld / FOLDERS["test"]
    for name in twins:
        wrong += (test / name).read_bytes() != (
            test / name.removeprefix("final_videos_test")
        ).read_bytes()
    assert wrong > 100 and seconds(test / "dia38_utt4.wav") == pytest.approx(304.9)
    assert all(len(list((meld / folder).glob("._*"))) == 1 for folder in FOLDERS.values())
    assert not (meld / "clips").exists()


def test_the_meld_reader_finds_all_of_it(meld):
    corpus = read_meld(meld)
    assert len(corpus) == 13_708 and sum(u.audio is not None for u in corpus.utterances) == 13_706
    assert Counter(u.split for u in corpus.utterances) == {
        "train": 9_989,
        "valid": 1_109,
        "test": 2_610,
    }
    kinds = corpus.skipped_kinds().to_dict()
    assert (
        kinds.pop("hidden file") == 3
        and kinds.pop("clip missing") == 1
        and kinds.pop("unlabelled clip") == 8
    )
    assert kinds == {"other cut": 131, "clip corrupt": 1}


def test_a_row_of_meld_says_what_its_clip_says(tmp_path):
    folder = write_meld(tmp_path, rows=60, clips="mp4")
    for part, name in FOLDERS.items():
        for row in rows_of(folder, part)[:20]:
            plain = folder / name / f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}.mp4"
            recut = plain.with_name(f"final_videos_test{plain.name}")
            with av.open(str(recut if recut.exists() else plain)) as clip:
                assert (clip.streams.audio[0].codec.name, clip.streams.audio[0].rate) == (
                    "aac",
                    16_000,
                )
                span = clock(row["EndTime"]) - clock(row["StartTime"])
                assert clip.duration / 1e6 == pytest.approx(span, abs=0.15) and span > 0.2
            sense = {
                EVALUATIVE[w]
                for w in re.findall(r"[a-z]+", row["Utterance"].lower())
                if w in EVALUATIVE
            }
            assert sense == {RULES[SAID_AS[row["Emotion"]]][0]} - {"none"}
    assert len(read_meld(folder, strict=False)) == 60


WRITERS = [
    lambda root, **o: write_iemocap(root, turns=40, **o),
    lambda root, **o: write_meld(root, rows=60, **o),
]
both = pytest.mark.parametrize("write", WRITERS, ids=["iemocap", "meld"])


def test_the_same_knobs_give_the_same_voices(spoken, tmp_path, monkeypatch):
    folder, _ = spoken
    monkeypatch.setattr(speech, "_UTTERANCES_PER_PROCESS", 40)
    again = bytes_below(write_iemocap(tmp_path / "again", turns=60, jobs=2))
    assert again == bytes_below(folder)
    other = bytes_below(write_iemocap(tmp_path / "other", turns=60, seed=1))
    assert (
        sum(other.get(name) == content for name, content in again.items()) < 50
    )  # SYNTHETIC.txt, hidden files


def test_the_same_knobs_give_the_same_films(tmp_path):
    one, two, other = (
        bytes_below(
            write_meld(tmp_path / f"{seed}{n}", rows=60, voice=False, clips="mp4", seed=seed)
        )
        for n, seed in enumerate((1, 1, 2))
    )
    assert one == two and sum(other.get(name) == content for name, content in one.items()) < 10


@both
def test_whole_or_not_there(write, tmp_path, monkeypatch):
    def stop(plan, folder):
        (folder / "half.wav").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(speech, "hum_all", stop)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, voice=False)
    assert list(tmp_path.iterdir()) == []
    folder = write(tmp_path, voice=False)
    monkeypatch.setattr(speech, "hum_all", stop)
    assert write(tmp_path, voice=False) == folder and list(tmp_path.iterdir()) == [
        folder
    ]  # nothing is done again
    before = bytes_below(folder)
    assert "is not made with" in refusal(lambda: write(tmp_path, voice=False, seed=3))
    (folder / "SYNTHETIC.txt").unlink()  # for all one knows, the licensed corpus
    assert "nothing is ever written over" in refusal(lambda: write(tmp_path, voice=False))
    assert before.items() - bytes_below(folder).items() == {
        ("SYNTHETIC.txt", before["SYNTHETIC.txt"])
    }


@both
def test_a_file_is_no_root(write, tmp_path):
    (tmp_path / "file").write_text("")
    assert f"Given: the file {tmp_path / 'file'}" in refusal(
        lambda: write(tmp_path / "file" / "below", voice=False)
    )


@pytest.mark.parametrize(
    ("call", "crucial"),
    [
        (lambda root: write_iemocap(root, turns=10), "turns=10\n"),
        (lambda root: write_meld(root, rows=59), "rows=59\n"),
        (lambda root: write_iemocap(root, turns=10_040), "11 to 10,039"),
        (lambda root: write_meld(root, rows=13_709), "60 to 13,708"),
        (lambda root: write_iemocap(root, scene_leak=1.5), "scene_leak=1.5"),
        (lambda root: write_meld(root, clips="mp3"), "did you mean 'mp4'?"),
    ],
)
def test_impossible_knobs_are_refused_before_anything_is_written(call, crucial, tmp_path):
    assert crucial in refusal(lambda: call(tmp_path / "root")) and not (tmp_path / "root").exists()


def test_without_clips_the_annotation_alone(tmp_path):
    folder = write_meld(tmp_path, rows=300, clips=None)
    assert {p.name for p in folder.iterdir()} == {
        "SYNTHETIC.txt",
        *(f"{part}_sent_emo.csv" for part in MELD_COUNTS),
    }
    assert all(u.audio is None for u in read_meld(Path(folder), strict=False).utterances)
