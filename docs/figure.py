"""Draw docs/attention.png, the picture at the top of the README.

In: the corpus and the run that `make course` made. Out: the picture. Run it as
python docs/figure.py
"""

import textwrap
from pathlib import Path

from mcsan_lite.cache import write_atomic
from mcsan_lite.datasets.synthetic.reader import read_truth
from mcsan_lite.experiments import corpora, grids
from mcsan_lite.explain import maps
from mcsan_lite.features.audio import load_audio
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
from mcsan_lite.figures.timeline import draw_stack
from mcsan_lite.training import inference

corpus = corpora.open_corpus()
truth = read_truth(corpora.synthetic_folder())
run = inference.load_run(grids.trained(["MCSAN"], corpus=corpus).folder[0])


def is_wanted(utterance) -> bool:
    """Whether it is a test utterance of four homophones, all transcribed, labelled anger."""
    targets = truth.targets.get(utterance.id, [])
    four = len(targets) == 4 and None not in targets
    return utterance.split == "test" and utterance.label == "anger" and four


# Rule of choice, fixed before looking: the first one.
clip = next(utterance for utterance in corpus.utterances if is_wanted(utterance))
token = int(truth.decisive[clip.id])
word = clip.words[token]
decisive = DecisiveWord(token, word.start_s, word.end_s)
features = run.features_of(clip.audio, clip.text)
looks = maps.attention_maps(run.model, features)["cross.0.text_from_audio"]
predicted = run.probabilities(features)

drawn = draw_stack(
    load_audio(clip.audio),
    16_000,
    looks.mean,
    AlignedUtterance(looks.queries, looks.spans, clip.words, decisive),
    what=f"weight (mean of {len(looks.weights)} heads)",
    title=f"“{clip.text}” · true {clip.label} · predicted {predicted.index[0]} "
    f"{predicted.iloc[0]:.0%}",
)
caption = textwrap.fill(drawn.caption, 135)  # into the picture: a README shows no caption of ours
drawn.fig.supxlabel(caption, fontsize=8, x=0.02, ha="left")
out = Path(__file__).with_name("attention.png")
write_atomic(out, lambda path: drawn.fig.savefig(path, dpi=90))
print(out.name, "written")
