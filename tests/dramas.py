"""A corpus of IEMOCAP's shape in small, for whatever depends on who speaks where."""

from dataclasses import replace

from mcsan_lite.corpus import Corpus, Utterance

LABELS = ("angry", "neutral", "sad")


def drama():
    """240 turns: 5 sessions of two speakers of their own, the same 8 scenes in each, 6 turns a
    dialogue.
    """
    made = []
    for i in range(240):
        session, scene, turn = i // 48, i // 6 % 8, i % 6
        made.append(
            Utterance(
                f"u{i * 37 % 1009}",
                None,
                "a b",
                LABELS[(i * i + scene) % 7 % 3],
                speaker=f"s{session}{'FM'[turn % 2]}",
                dialogue=f"d{session}{scene}",
                session=f"s{session}",
                scenario=f"scene{scene}",
                split=("train", "train", "train", "valid", "test")[session],
            )
        )
    return Corpus("toy", LABELS, tuple(made))


def changed(made, **fields):
    """With other fields: each a function of the utterance."""
    return replace(
        made,
        utterances=tuple(
            replace(u, **{name: of(u) for name, of in fields.items()}) for u in made.utterances
        ),
    )
