"""Draw docs/attention.png, the picture at the top of the README, from the corpus and the run that `make course` made.

    python docs/figure.py
"""

import textwrap
from pathlib import Path

from mcsan_lite import attention, course, inference, views
from mcsan_lite.cache import write_atomic
from mcsan_lite.datasets.synthetic import read_truth
from mcsan_lite.features import load_audio

corpus = course.open_corpus()
truth = read_truth(course.synthetic_folder())
run = inference.load(course.trained(["MCSAN"], corpus=corpus).folder[0])

# Rule of choice, fixed before looking: the first test utterance of four homophones, all transcribed, labelled anger.
clip = next(u for u in corpus.utterances if u.split == "test" and u.label == "anger"
            and len(truth.targets[u.id]) == 4 and None not in truth.targets[u.id])
token = int(truth.decisive[clip.id])
word = clip.words[token]
features = run.features_of(clip.audio, clip.text)
looks = attention.attention_maps(run.model, features)["cross.0.text_from_audio"]
says = run.probabilities(features)

drawn = views.draw_stack(load_audio(clip.audio), 16_000, looks.mean, looks.queries, looks.spans,
                         words=clip.words, truth=(token, word.start_s, word.end_s),
                         what=f"weight (mean of {len(looks.weights)} heads)",
                         title=f"“{clip.text}” · true {clip.label} · predicted {says.index[0]} {says.iloc[0]:.0%}")
drawn.fig.supxlabel(textwrap.fill(drawn.caption, 135), fontsize=8, x=0.02, ha="left")  # a README shows no caption of ours
out = Path(__file__).with_name("attention.png")
write_atomic(out, lambda p: drawn.fig.savefig(p, dpi=90))
print(out.name, "written")
