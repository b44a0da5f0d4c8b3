"""Draw docs/attention.png, the picture at the top of the README, from the corpus and the run that `make course` made.

    python docs/figure.py
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from mcsan_lite import attention, course, inference, plots
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
word, signal = clip.words[token], load_audio(clip.audio)
features = run.features_of(clip.audio, clip.text)
looks = attention.attention_maps(run.model, features)["cross.0.text_from_audio"]
times = np.array(looks.keys)
says = run.probabilities(features)

fig, (top, middle, bottom) = plt.subplots(3, 1, figsize=(8.5, 6.2), height_ratios=(1, 1.1, 2.4), layout="constrained",
                                          sharex=True)
plots.draw_waveform(signal, 16_000, ax=top, words=clip.words, highlight=token)
plots.draw_spectrogram(signal, 16_000, ax=middle)
plots.draw_attention(looks.mean, looks.queries, times, ax=bottom, highlight=(token, word.start_s, word.end_s))
_, mass, chance = attention.points_at(looks.mean[token], times, (word.start_s, word.end_s))
top.set_title(f"“{clip.text}” · true {clip.label} · predicted {says.index[0]} {says.iloc[0]:.0%}", loc="left", fontsize=10)
bottom.set_xlabel(f"seconds — “{word.text}” puts {mass:.0%} of its weight where it is said (box); even spread {chance:.0%}")
out = Path(__file__).with_name("attention.png")
write_atomic(out, lambda p: fig.savefig(p, dpi=90))
print(out.name, "written")
