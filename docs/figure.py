"""Draw docs/attention.png, the picture at the top of the README, from the corpus and the run that `make course` made.

python docs/figure.py
"""

import textwrap
from pathlib import Path

from mcsan_lite.cache import write_atomic
from mcsan_lite.datasets.synthetic.generator import read_truth
from mcsan_lite.experiments import corpora, grids
from mcsan_lite.explain import maps
from mcsan_lite.features.extraction import load_audio
from mcsan_lite.figures import attention as attention_module
from mcsan_lite.training import inference

corpus = corpora.open_corpus()
truth = read_truth(corpora.synthetic_folder())
run = inference.load_run(grids.trained(["MCSAN"], corpus=corpus).folder[0])

# Rule of choice, fixed before looking: the first test utterance of four homophones, all transcribed, labelled anger.
clip = next(
    u
    for u in corpus.utterances
    if u.split == "test"
    and u.label == "anger"
    and len(truth.targets[u.id]) == 4
    and None not in truth.targets[u.id]
)
token = int(truth.decisive[clip.id])
word = clip.words[token]
features = run.features_of(clip.audio, clip.text)
looks = maps.attention_maps(run.model, features)["cross.0.text_from_audio"]
says = run.probabilities(features)

drawn = attention_module.draw_stack(
    load_audio(clip.audio),
    16_000,
    looks.mean,
    looks.queries,
    looks.spans,
    words=clip.words,
    truth=(token, word.start_s, word.end_s),
    what=f"weight (mean of {len(looks.weights)} heads)",
    title=f"“{clip.text}” · true {clip.label} · predicted {says.index[0]} {says.iloc[0]:.0%}",
)
drawn.fig.supxlabel(
    textwrap.fill(drawn.caption, 135), fontsize=8, x=0.02, ha="left"
)  # a README shows no caption of ours
out = Path(__file__).with_name("attention.png")
write_atomic(out, lambda p: drawn.fig.savefig(p, dpi=90))
print(out.name, "written")
