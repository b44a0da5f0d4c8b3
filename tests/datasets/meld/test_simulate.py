"""The generated corpus in MELD's folders: formats by their own patterns, counts by the reader."""

import csv
import io
import re
import wave
from collections import Counter, defaultdict
from pathlib import Path

import av
import numpy as np
import pytest
from layout_files import EVALUATIVE, bytes_below, seconds, shown

from mcsan_lite.datasets.meld.reader import read_meld
from mcsan_lite.datasets.meld.simulate import SAID_AS, write_meld
from mcsan_lite.datasets.synthetic.rules import RULES, SYNTHETIC_LABELS

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


@pytest.fixture(scope="module")
def meld(tmp_path_factory):
    return write_meld(tmp_path_factory.mktemp("meld"), voice=False)


def clock(time):
    hours, minutes, rest = time.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest.replace(",", "."))


def rows_of(folder, part):
    return list(
        csv.DictReader(io.StringIO((folder / f"{part}_sent_emo.csv").read_text(encoding="utf-8")))
    )


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


def test_the_same_knobs_give_the_same_films(tmp_path):
    one, two, other = (
        bytes_below(
            write_meld(tmp_path / f"{seed}{n}", rows=60, voice=False, clips="mp4", seed=seed)
        )
        for n, seed in enumerate((1, 1, 2))
    )
    assert one == two and sum(other.get(name) == content for name, content in one.items()) < 10


def test_without_clips_the_annotation_alone(tmp_path):
    folder = write_meld(tmp_path, rows=300, clips=None)
    assert {p.name for p in folder.iterdir()} == {
        "SYNTHETIC.txt",
        *(f"{part}_sent_emo.csv" for part in MELD_COUNTS),
    }
    assert all(u.audio is None for u in read_meld(Path(folder), strict=False).utterances)
