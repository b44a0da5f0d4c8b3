# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] translates="eefca9a3"
# # 00 · Hier beginnen
#
# *[This lesson in English](../00_start_here.ipynb)*
#
# Jemand sagt auf Englisch *„she said week and pain or flour with the sole“*. Wie fühlt
# sich dieser Mensch? Das hängt davon ab, **welche Wörter gemeint sind** und **wie sie
# gesagt werden**. Das eine verrät dir das Transkript, das andere der Klang. Gleich
# hörst du vier Clips und rätst. Danach rät ein kleines neuronales Netz.
#
# Klang und Wörter zusammenzubringen heißt **multimodale Fusion**. Dafür gibt es mehrere
# Wege. Du klebst beides am Eingang zusammen (*early fusion*). Oder ein Modell beurteilt
# den Klang, ein zweites die Wörter, und du verrechnest ihre beiden Urteile (*late
# fusion*). Oder jedes Wort sucht sich die Momente des Klangs, die es braucht, und jeder
# Moment seine Wörter: Das ist **Cross-Attention**, die Aufmerksamkeit (Attention) über
# Kreuz, der Weg des Papers, das dieser Kurs nachbaut. Lektion 07 vergleicht alle.
#
# **Danach kannst du**
# - hören, warum weder die Wörter noch der Klang allein genügen,
# - ein trainiertes Netz auf einen Clip anwenden und seine Wahrscheinlichkeiten lesen,
# - eine Attention-Karte lesen: Wörter auf einer Achse, Sekunden auf der anderen,
# - sagen, was eine solche Karte *nicht* gezeigt hat.
#
# **Du brauchst:** den installierten Kurs, und für Abschnitt 4 das gesprochene Korpus.
# Die Äußerungen und die übrigen Lektionen sind englisch. **Zeit:** 13 min lesen · unter
# 1 min Laufzeit · 10 min Übungen. **Paper:** das ganze, von weitem (Fig. 1, Gl. 9,
# Tabelle 3). **Daten:** künstliche Sprache, in der die Wahrheit bekannt ist. Ergebnisse
# darauf beweisen, dass die Software funktioniert, und zeigen dir den Mechanismus. Mit
# denen des Papers vergleichen wir sie nie.

# %% tags=["parameters"] translates="b00933ac"
CORPUS = "synthetic"  # die Lektion braucht eine bekannte Wahrheit; andere haben keine
PROFILE = "quick"  # "smoke" für einen schnellen Test, "paper" für das Paper
ROOT = None  # der Ordner des Korpus; None heißt data/<corpus>
RETRAIN = False  # True trainiert alle mitgelieferten Netze neu: Stunden

# %% translates="cf7b41b4"
import time

began = time.perf_counter()

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display

import mcsan_lite as mc
from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings
from mcsan_lite.datasets.synthetic.start.clips import respell, start_clips
from mcsan_lite.exercises.de import lesson00 as check
from mcsan_lite.exercises.de.verdicts import lesson00 as read
from mcsan_lite.experiments import checkpoints
from mcsan_lite.explain.pointing import decisive_span
from mcsan_lite.explain.pointing_tables import decisive_row_scores

torch.set_num_threads(1)  # kleine Tensoren: ein zweiter Thread kostet mehr als er hilft
mc.enter_course_folder()  # dort liegen data/ und runs/, wo auch immer dies hier liegt
mc.figures.use_theme(language="de")

# %% [markdown] translates="d69d1f96"
# ## 1 · Vier Clips: Rate zuerst
#
# Zuerst die Spielregel, damit du eine faire Chance hast. Nach ihr ist auch das ganze
# Korpus gemacht. Es gibt sieben Klassen, und drei Dinge entscheiden:
#
# - **Das Wort.** Manche Wörter *werten*: *pain* und *weak* sind negativ, *sweet*,
#   *peace*, *flower*, *soul*, *heart* und *dear* sind positiv. Jedes davon hat einen
#   Zwilling, der genauso klingt und hier nichts bedeutet: *pane*, *week*, *suite*,
#   *piece*, *flour*, *sole*, *hart*, *deer*. Das Ohr kann die Zwillinge nicht
#   unterscheiden, das Transkript schon.
# - **Seine Betonung.** Ein betontes Wort ist höher, langsamer und lauter als seine
#   Nachbarn. Das zeigt kein Transkript, aber das Ohr hört es.
# - **Die Erregung** (Arousal) der ganzen Äußerung. Eine aufgeregte Stimme ist vom
#   ersten bis zum letzten Wort schneller, lauter, höher und lebhafter als *dieselbe*
#   Stimme, wenn sie ruhig ist.
#
# | im Transkript steht | genau dieses Wort ist betont | es ist nicht betont |
# |---|---|---|
# | ein negatives Wort (*pain*) | anger | aufgeregt: frustration, ruhig: sadness |
# | ein positives Wort (*sweet*) | excitement | happiness |
# | kein wertendes Wort (*pane*, *suite*) | aufgeregt: surprise, ruhig: neutral | ebenso |
#
# Auch andere Wörter können betont sein. **Ihre Betonung bedeutet nichts.** Du musst
# also herausfinden, welches Stück Klang zu dem Wort gehört, auf das es im Transkript
# ankommt.
#
# Die vier Sätze sind von Hand geschrieben und von der künstlichen Stimme des Korpus
# gesprochen, und das, bevor ein Netz sie gehört hat
# (`mcsan_lite/datasets/synthetic/start/clips.py` macht sie noch einmal). Hör sie dir an
# und lies das Transkript unter jedem Player. Schreib dann vier Tipps auf.

# %% translates="ee45ac14"
clips = start_clips()
signals = [mc.load_audio(clip.audio) for clip in clips]
for number, clip in enumerate(clips, 1):
    signal = signals[number - 1]
    seconds = len(signal) / 16_000
    text = f"Clip {number}: „{clip.text}“ · {seconds:.1f} s Klang"
    display(mc.figures.play(signal, 16_000, alt=text))

# %% [markdown] translates="a1234848"
# Kannst du die Clips nicht abspielen? Dann rate nach diesem Bild. Ein hohes und langes
# Stück Welle ist laut und langsam. Wie schnell und wie laut jeder Clip im Ganzen ist,
# steht unter dem Bild. Achte bei der Erregung auf das Tempo: Lautstärken lassen sich
# nur innerhalb einer Stimme vergleichen, und nur die Clips 1 und 2 haben dieselbe.
# (Zahlen stehen hier mit Punkt statt Komma, so wie in Python.)

# %% tags=["hide-input"] translates="07df1021"
fig, axes = plt.subplots(4, 1, figsize=(8, 6.2), layout="constrained")
longest = max(len(signal) for signal in signals) / 16_000
manners = []
for number, ax in enumerate(axes, 1):
    clip, signal = clips[number - 1], signals[number - 1]
    mc.figures.draw_waveform(signal, 16_000, ax=ax, words=clip.words)
    ax.set_title(f"Clip {number}", loc="left", fontsize=10)
    ax.set(xlim=(0, longest), ylabel="")
    pace = clip.words[-1].end_s / len(clip.words)
    level = 20 * np.log10(np.sqrt(np.mean(signal**2)))  # dB unter Vollaussteuerung
    manners.append(f"Clip {number}: {pace:.2f} s je Wort bei {level:.0f} dB")
axes[-1].set_xlabel("Sekunden")
mc.figures.show(
    fig,
    alt="Wellenformen der vier Clips über Sekunden, über jedem Stück sein Wort.",
    caption="Die vier Clips auf einer Achse von Sekunden, jeder auf seine eigene Höhe "
    f"skaliert. Tempo und Lautstärke: {'; '.join(manners)} (größer ist lauter).",
)

# %% [markdown] translates="66df84da"
# Schreib deine Tipps hierher. Die Klassen tragen im ganzen Kurs ihre englischen Namen:
# *frustration*, *neutral*, *anger* (Wut), *sadness* (Traurigkeit), *excitement*
# (Begeisterung), *happiness* (Freude) und *surprise* (Überraschung). Führ dann die
# Zelle aus.

# %% translates="9f9ec9db"
guesses = [None, None, None, None]  # etwa ["anger", "neutral", "anger", "surprise"]

# %% [markdown] translates="35202996"
# ## 2 · Was sagt das Netz?
#
# Drei Netze sind beim Kurs dabei. Sie haben dieselbe Architektur und haben aus
# denselben Äußerungen gelernt, aber jedes hat mit einem anderen Zufall begonnen, seinem
# *Seed*. Die vier Clips waren nicht unter diesen Äußerungen. Trainiert wird hier
# nichts. (Der Befehl `mcsan checkpoints` stellt die Dateien neu her.)

# %% translates="1c0e8d77"
FOLDER = checkpoints.CHECKPOINTS_FOLDER
if RETRAIN:
    FOLDER = Path("runs/checkpoints")
    display(checkpoints.ship_checkpoints(FOLDER, PROFILE))

SEEDS = (0, 1, 2)
networks = []
accuracies = []
for seed in SEEDS:
    file = checkpoints.find_checkpoint("matching", seed, folder=FOLDER)
    networks.append(mc.load_run(file))
    tested = checkpoints.read_provenance(file)  # was die Datei von ihrem Test weiß
    accuracies.append(tested["wa"])
n_test = tested["n"]
right = read.Measured(*mc.score_interval(accuracies, n_test))
unseen = f"{n_test} Test-Äußerungen, die im Training nie vorkamen"
print(f"Die Netze haben recht bei {right} der {unseen}.")

# %% [markdown] translates="ce5b3d3a"
# In der Klammer steht ein *95-%-Intervall*: der Bereich, in dem der wahre Anteil
# plausibel liegt, bei so vielen geprüften Netzen und Äußerungen.
#
# Jetzt hört jedes Netz die vier Clips und liest ihre Transkripte.

# %% translates="5cac9221"
def answer(network, clip):
    """Die wahrscheinlichste Klasse eines Clips."""
    features = network.features_of(clip.audio, clip.text)
    return network.probabilities(features).index[0]


answers = {"du": guesses}
for seed, network in zip(SEEDS, networks, strict=True):
    answers[f"Netz {seed}"] = [answer(network, clip) for clip in clips]
by_rule = [clip.label for clip in clips]
names = [f"Clip {number}" for number in range(1, 5)]
pd.DataFrame({"nach der Regel": by_rule, **answers}, index=names).fillna("–")

# %% translates="1a299b02"
print(read.say_how_many_are_right(by_rule, answers, classes=len(networks[0].labels)))

# %% [markdown] translates="7fc99e6c"
# Das Netz nennt nicht nur einen Namen: Es verteilt eine Wahrscheinlichkeit von 1 auf
# die sieben Klassen. Das sind die Wahrscheinlichkeiten von Netz 0.

# %% translates="17e181b0"
rows = {}
for name, clip in zip(names, clips, strict=True):
    features = networks[0].features_of(clip.audio, clip.text)
    rows[name] = networks[0].probabilities(features)
probabilities = pd.DataFrame(rows).T[list(networks[0].labels)]
top = probabilities.max(axis=1)  # eine je Clip
print(f"Seine Antwort bekommt zwischen {top.min():.2f} und {top.max():.2f}.")
probabilities.style.format("{:.2f}")

# %% [markdown] translates="2790df3c"
# ### Derselbe Klang, anders geschrieben
#
# Die Clips 1 und 2 haben dieselben Wörter und klingen verschieden. Jetzt machen wir es
# umgekehrt: Jeder Klang bleibt, wie er ist, und ein Wort jedes Transkripts bekommt die
# Schreibweise seines Zwillings.
#
# **Sag es voraus, dann sieh nach.** Welche Klasse verlangt die Regel jetzt für jeden
# Clip? Bei wie vielen Clips werden die Netze ihre Antwort ändern?

# %% translates="c37715b8"
respelled_words = ["pain", "pain", "sweet", "pane"]
respelled = []
for clip, word in zip(clips, respelled_words, strict=True):
    respelled.append(respell(clip, word))
demanded = [clip.label for clip in respelled]
table = {
    "Transkript": [clip.text for clip in respelled],
    "nach der Regel": demanded,
}
before = []
after = []
for seed, network in zip(SEEDS, networks, strict=True):
    said = [answer(network, clip) for clip in respelled]
    table[f"Netz {seed}"] = said
    before = before + answers[f"Netz {seed}"]
    after = after + said
pd.DataFrame(table, index=names)

# %% translates="dfcf4acf"
print(read.say_what_respelling_did(before, after, demanded * len(networks)))

# %% [markdown] translates="b4d35f78"
# ## 3 · Wohin schaut jedes Wort?
#
# In einer Schicht des Netzes stellt jedes Wort allen Momenten des Klangs eine Frage und
# nimmt einen gewichteten Mittelwert ihrer Antworten:
#
# $$\Delta H_{a \to l} = \mathrm{softmax}\!\left(Q_l K_a^{\top} / \sqrt{d}\right) V_a
# \qquad \text{(Gl. 9)}$$
#
# $Q_l$ ist eine gelernte Fassung der Wörter; $K_a$ und $V_a$ sind zwei gelernte
# Fassungen der Momente. $d$ sagt, wie viele Zahlen eine Frage hat; die Division durch
# die Wurzel daraus ändert nur den Maßstab. Die Softmax macht aus Werten Anteile. Ihr
# Ergebnis ist eine Tabelle mit einer Zeile für jedes Wort und einer Spalte für jeden
# Moment, und jede Zeile ergibt zusammen eins. $\Delta H_{a \to l}$ ist das, was die
# Wörter vom Klang bekommen. Ein *Kopf* (head) ist eine von mehreren solchen Tabellen
# nebeneinander. Lektion 06 baut das alles von Hand. Hier ist die Tabelle für Clip 2 und
# Netz 0.

# %% translates="9d0a5730"
clip = clips[1]
features = networks[0].features_of(clip.audio, clip.text)
maps = mc.attention_maps(networks[0].model, features)
looks = maps["cross.0.text_from_audio"]  # "text from audio": jedes Wort fragt den Klang
heads, words, moments = looks.weights.shape  # (H, L, A)
np.testing.assert_allclose(looks.weights.sum(-1), 1, atol=1e-5)  # jede Zeile ergibt 1
step = looks.keys[2] - looks.keys[1]  # Sekunden; der erste ist bei null abgeschnitten
print(f"{heads} Köpfe, {words} Wörter, {moments} Momente, einer alle {step:.2f} s")

# %% tags=["hide-input"] translates="eeeee4b2"
word = clip.words[clip.number_of("pain")]
fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(8, 4.8), height_ratios=(1, 2.2), layout="constrained", sharex=True
)
place = clip.number_of("pain")
mc.figures.draw_waveform(signals[1], 16_000, ax=top, words=clip.words, highlight=place)
decisive = mc.figures.DecisiveWord(place, word.start_s, word.end_s)
utterance = mc.figures.AlignedUtterance(looks.queries, looks.spans, truth=decisive)
mc.figures.draw_attention(looks.mean, utterance, ax=bottom, bar="Gewicht")
row_of_pain = looks.mean[place]  # (A,)
mc.figures.show(
    fig,
    alt="Oben die Wellenform von Clip 2. Darunter eine Karte, Wörter über Sekunden: Je "
    "heller ein Feld, desto mehr schaut das Wort auf diesen Moment. Ein Rahmen zeigt, "
    "wo pain gesagt wird.",
    caption=f"Mittel von {heads} Köpfen, eine Skala von 0 bis {looks.mean.max():.2f}. "
    f"Gleichmäßig verteilt wären es überall {1 / moments:.2f}. Der Rahmen ist „pain“, "
    f"gesagt von {word.start_s:.2f} bis {word.end_s:.2f} s.",
)

# %% translates="06c4d5b1"
print(read.say_where_a_row_looks("pain", row_of_pain, looks.keys, clip.words))
print(read.say_how_many_rows_agree(looks.mean, place))

# %% [markdown] translates="a305b0ff"
# Und die ganze Karte in Worten, für alle, die das Bild nicht sehen können. Diese Zeilen
# schreibt das Paket, und es schreibt Englisch: *„pain looks most at 0.50 s (10%; even
# spread would be 4%)“* heißt, dass *pain* am meisten auf die Stelle bei 0.50 s schaut,
# mit 10 % seines Gewichts; gleichmäßig verteilt wären es 4 %.

# %% translates="0f568472"
print(looks.describe())

# %% translates="9398e261"
minute = time.perf_counter() - began
print(f"Klang, Tipp, Vorhersage und Karte: {minute:.0f} s seit dem ersten Import.")

# %% [markdown] translates="cbf63fd5"
# ## 4 · Stimmt die Karte?
#
# Schreib deine Antwort auf, bevor du weiterliest: **Zeigt diese Karte, warum das Netz
# gesagt hat, was es gesagt hat?**
#
# Ein einzelner Clip beweist nichts, also zählen wir. Bei einer Test-Äußerung mit einem
# wertenden Wort wissen wir, welches Wort entscheidet und wann es gesagt wird. Drei
# Dinge fragen wir jedes der drei Netze:
#
# 1. Wie oft hat die Zeile des *entscheidenden Wortes* ihr größtes Gewicht in diesem
#    Wort? (In der Tabelle: *points*.)
# 2. Wie oft läge es durch **Zufall** darin? (*chance*)
# 3. **Die Kontrolle:** Wie oft haben die Zeilen der *anderen* Wörter ihr größtes
#    Gewicht dort? (*others*) Geschieht das genauso oft, dann zeigt die Karte vielleicht
#    eine Stelle, an der das Netz gern hinhört; aber die Zeile des entscheidenden Wortes
#    zeigt nichts, was gerade zu ihm gehört.
#
# Wir nehmen die ersten Äußerungen dieser Art im Testteil und lassen die weg, die nur
# ein Wort haben: Dort gibt es keine anderen Wörter zum Vergleichen.
#
# *Von hier an braucht die Lektion das gesprochene Korpus. `make course` stellt es her.
# Fehlt es noch, dann macht es die nächste Zelle; das dauert ein, zwei Minuten, und nur
# beim ersten Mal.*

# %% translates="dc5c67b0"
folder = Path(ROOT or mc.synthetic_folder(PROFILE))
corpus = mc.open_corpus(CORPUS, root=folder)
truth = mc.read_truth(folder)
decided = []
for one in corpus.utterances:
    if one.split == "test" and decisive_span(truth.loc[one.id]):
        decided.append(one.id)
ASKED = {"smoke": 40}.get(PROFILE, 150)
sounds, _ = mc.extract(corpus.subset(decided[:ASKED]), networks[0].features)

# %% translates="012b4f11"
own, others, counts = [], [], []
for network in networks:
    rows = decisive_row_scores(network.model, network.prepare(sounds), truth)
    own.append(rows.points)
    others.append(rows.others)
    counts.append(rows[["points", "others", "chance"]].mean())
counts = pd.DataFrame(counts, index=[f"Netz {seed}" for seed in SEEDS])
pointing = read.rows_against_chance(own, others, counts.chance.mean())
print(f"{len(rows)} Test-Äußerungen je Netz")
counts.style.format("{:.2f}")

# %% tags=["hide-input"] translates="d16a26bc"
bars = pd.DataFrame(
    [pointing.own, pointing.others],
    index=["Zeile des entscheidenden Wortes", "Zeilen der anderen Wörter"],
)
fig, ax = plt.subplots(figsize=(8, 1.9), layout="constrained")
mc.figures.draw_rows(bars, ax=ax, score="Anteil mit größtem Gewicht im Wort")
ax.axvline(pointing.chance, color=mc.figures.OKABE_ITO[5], ls="--")
ax.text(pointing.chance, 1.45, " Zufall", color=mc.figures.OKABE_ITO[5], fontsize=9)
ax.set_ylim(-0.6, 1.75)
mc.figures.show(
    fig,
    alt="Zwei Punkte mit Intervallen: wie oft die Zeile des entscheidenden Wortes und "
    "wie oft die der anderen auf dieses Wort zeigen. Gestrichelt der Zufall.",
    caption=f"Eigene Zeile {pointing.own}, andere Zeilen {pointing.others}, Zufall "
    f"{100 * pointing.chance:.0f} %. Die 95-%-Intervalle umfassen {len(SEEDS)} "
    f"Trainings und {len(rows)} Äußerungen.",
)

# %% translates="f68ed77a"
print(read.say_whether_rows_point(pointing, right.mean, trainings=len(SEEDS)))

# %% [markdown] translates="72c958e8"
# Es gibt einen Grund, warum eine Karte nicht auf die entscheidende Stelle zeigen muss:
# Nach dem Encoder hat jeder Moment schon die ganze Äußerung gehört (Lektion 05 misst
# es). Ein Gewicht auf einem Moment ist also ein Gewicht auf einer *Zusammenfassung* und
# nicht auf einem Stück Klang. Lektion 11 fragt dieselben drei Netze nach dem *Warum*,
# mit besseren Werkzeugen, und vergleicht sie mit Netzen aus einer zweiten Welt des
# Korpus.

# %% [markdown] translates="474d57d2"
# ## 5 · Braucht es beides, und muss es hinschauen?
#
# Ein Bild stellt beide Fragen. Die senkrechten Linien sind die besten Ergebnisse, die
# *irgendjemand* erreichen könnte: nur mit den Wörtern, nur mit dem Klang, oder mit
# beidem, aber ohne zu wissen, welches Wort zu welchem Klang gehört. Sie folgen durch
# Rechnen aus der Regel. Der eine Punkt ist das Mittel der drei Netze. Der andere ist
# ein einzelnes Netz, das ohne Cross-Attention trainiert wurde, so wie eine Zeile in
# Tabelle 3 des Papers.

# %% translates="fdd435a6"
without = checkpoints.find_checkpoint("matching", 0, "w/o cross", folder=FOLDER)
tested = checkpoints.read_provenance(without)
without_cross = read.Measured(*mc.score_interval([tested["wa"]], tested["n"]))
config = mc.paper.PROFILES[PROFILE].synthetic
ceilings = bayes_ceilings(truth[truth.split == "test"], config)
bars = pd.DataFrame(
    [without_cross, right],
    index=["ohne Cross (1 Training)", f"MCSAN ({len(SEEDS)} Trainings)"],
)
marks = {
    "nur Wörter": ceilings["text"],
    "nur Klang": ceilings["audio"],
    "beides, nicht zugeordnet": ceilings["both, unmatched"],
}

# %% tags=["hide-input"] translates="c1de7c2f"
fig, ax = plt.subplots(figsize=(8, 2.2), layout="constrained")
mc.figures.draw_rows(bars, ax=ax, score="Anteil richtiger Äußerungen (WA)")
places = (("right", 1.55), ("left", 1.55), ("right", 0.4))
for (name, best), (side, height) in zip(marks.items(), places, strict=True):
    ax.axvline(best, color=mc.figures.OKABE_ITO[5], ls="--", lw=1.2)
    ax.text(best, height, f" {name} {best:.2f} ", ha=side, va="bottom", fontsize=9)
ax.set_ylim(-0.6, 2.0)
mc.figures.show(
    fig,
    alt="Anteil richtiger Äußerungen mit und ohne Cross-Attention, mit "
    "95-%-Intervallen, und drei Obergrenzen als senkrechte Linien.",
    caption=f"Mit Cross-Attention {right}, ohne {without_cross}, auf {n_test} "
    "Test-Äußerungen. Die Intervalle sind verschieden berechnet: bei einem Training "
    "nach Wilson, über Äußerungen; bei mehreren über Äußerungen und Seeds.",
)

# %% translates="74653a23"
alone = {"den Wörtern": ceilings["text"], "dem Klang": ceilings["audio"]}
print(read.say_whether_one_source_is_enough(right, alone))
print(read.say_what_matching_adds(right, without_cross, ceilings["both, unmatched"]))

# %% [markdown] translates="b861f40a"
# Lektion 14 wiederholt diesen Vergleich für jede Zeile der Tabelle, auf mehreren Folds.
#
# > ### Bevor du irgendetwas davon auf Menschen anwendest
# >
# > **Einwilligung.** Eine Stimme ist etwas Persönliches. Nimm Sprache nur von Menschen
# > auf, bewahre und untersuche sie nur, wenn sie wissen, wofür, wenn sie zugestimmt
# > haben und wenn sie ohne Nachteil nein sagen können. Hier musste niemand gefragt
# > werden, denn es spricht eine künstliche Stimme.
# >
# > **Gespielte Sprache.** Die öffentlichen Korpora des Fachs enthalten meist
# > *gespielte* Gefühle: aus dem Studio oder aus einer Fernsehserie. Ein Modell lernt
# > daraus, wie man ein Gefühl absichtlich zeigt. Die meisten Menschen zeigen ihres
# > meistens nicht so. Und ein Label ist, was jemand gehört hat oder spielen sollte,
# > nicht, was jemand gefühlt hat.
# >
# > **Wem ein falsches Label schadet.** Das Label „wütend“ hat bei einer Anruferin,
# > einem Bewerber oder einem Schulkind Folgen für diesen Menschen und keine für das
# > Modell. Fehler sind nicht gleich verteilt: Sie treffen die, die in den
# > Trainingsdaten fehlen, etwa Menschen mit anderen Akzenten oder Sprachen, ältere
# > Menschen, und Menschen, deren Stimme durch eine Krankheit verändert ist. Wer von so
# > einem System beurteilt wird, bekommt das Label selten zu sehen und kann ihm kaum je
# > widersprechen.
# >
# > Die [Modellkarte](../../MODEL_CARD.md) (auf Englisch) sagt, wofür die Netze dieses
# > Kurses da sind und wofür nicht.

# %% [markdown] translates="1da2e838"
# ## Übungen
#
# **E0.1 · Vorhersagen** (★, 2 min). Jemand sagt mit ruhiger Stimme *„the sweet and the
# week“* und betont **week**. Im Transkript stehen *sweet* und *week*. Welche Klasse
# ergibt die Regel?
#
# <details><summary>Hinweis 1</summary>Welches Wort wertet hier? Ist es
# <em>week</em>?</details>
# <details><summary>Hinweis 2</summary>Es ist <em>sweet</em>. Ist <em>dieses</em> Wort
# betont?</details>
# <details><summary>Hinweis 3</summary>Ein positives Wort ohne Betonung: Sieh in der
# zweiten Zeile der Tabelle in Abschnitt 1 nach.</details>

# %% tags=["exercise"] translates="924e92cd"
answer_1 = ...
check.rule(answer_1)

# %% tags=["solution"] translates="a53e32e8"
answer_1 = "happiness"
check.rule(answer_1)

# %% [markdown] translates="a311a03e"
# **E0.2 · Programmieren** (★★, 4 min). Schreib die Regel als Funktion. `sense` (der
# Sinn) ist `"negative"`, `"positive"` oder `"none"`; `stressed` (betont) und `aroused`
# (aufgeregt) sind True oder False.
#
# <details><summary>Hinweis 1</summary>Schreib ein <code>if</code> für jeden
# Sinn.</details>
# <details><summary>Hinweis 2</summary>Bei <code>"none"</code> spielt die Betonung
# überhaupt keine Rolle.</details>
# <details><summary>Hinweis 3</summary>Die Erregung entscheidet nur zwischen frustration
# und sadness und zwischen surprise und neutral.</details>

# %% tags=["exercise"] translates="fbbb0445"
def label(sense, stressed, aroused):
    raise NotImplementedError


check.label(label)

# %% tags=["solution"] translates="405d9f42"
def label(sense, stressed, aroused):
    if sense == "negative" and stressed:
        return "anger"
    if sense == "negative":
        return "frustration" if aroused else "sadness"
    if sense == "positive":
        return "excitement" if stressed else "happiness"
    return "surprise" if aroused else "neutral"


check.label(label)

# %% [markdown] translates="379f3747"
# **E0.3 · Vorhersagen** (★★, 4 min). Denk dir eine andere Welt, in der fünf Klassen
# gleich häufig sind: zwei mit negativem Sinn, zwei mit positivem und eine ohne. Jemand
# sieht nur die Transkripte und hört nie einen Klang. Welchen Anteil der Äußerungen kann
# man so bestenfalls richtig erraten? Gib einen Anteil zwischen 0 und 1 an.
#
# <details><summary>Hinweis 1</summary>Wer liest, kennt den Sinn. Wie viele Klassen
# bleiben dann bei jedem Sinn übrig?</details>
# <details><summary>Hinweis 2</summary>Wo zwei Klassen bleiben, nennt man eine davon.
# Wie oft stimmt das? Und wo nur eine Klasse bleibt?</details>
# <details><summary>Hinweis 3</summary>Wer am besten rät, gewinnt eine Klasse aus jeder
# Gruppe, und es gibt drei Gruppen. Wie viele Klassen sind es im Ganzen?</details>

# %% tags=["exercise"] translates="a8464e79"
share = ...
check.text_ceiling(share)

# %% tags=["solution"] translates="1e127266"
share = 3 / 5
check.text_ceiling(share)

# %% [markdown] translates="5e26ccf7"
# ## Welche Lektion kommt jetzt? Ein Quiz
#
# Es sind sieben Fragen, und sie dauern zwei Minuten. Schreib zu jeder einen Buchstaben,
# und lass offen, was du nicht weißt.
#
# 1. Dieselben zehn Schauspieler sind im Trainings- und im Testteil. Was sagt dir das
#    Ergebnis? **a** wie gut das Modell bei neuen Menschen ist · **b** wie gut es bei
#    Menschen ist, die es schon gehört hat · **c** gar nichts
# 2. Von 100 Äußerungen sind 90 neutral, den Rest teilen sich drei andere Klassen. Ein
#    Modell sagt immer *neutral*. Seine Accuracy (der Anteil richtiger Antworten) und
#    sein Recall, gemittelt über die vier Klassen, sind **a** 90 % und 25 % · **b** 90 %
#    und 90 % · **c** 25 % und 25 %
# 3. Alle 10 ms beginnt ein Frame. Wie viele Frames sind das ungefähr in zwei Sekunden?
#    **a** 20 · **b** 100 · **c** 200
# 4. Zwei Wörter bekommen ähnliche Wortvektoren, wenn sie **a** ähnlich geschrieben
#    werden · **b** ähnlich klingen · **c** in ähnlichen Zusammenhängen vorkommen
# 5. Nach einem *bidirektionalen* LSTM kann im Vektor bei Sekunde 1 etwas stecken von
#    **a** der ganzen Äußerung · **b** der ersten Sekunde · **c** nur diesem Moment
# 6. Es gibt vier Momente, und alle bekommen denselben Wert. Nach der Softmax hat jeder
#    das Gewicht **a** 1 · **b** 0.25 · **c** das weiß man nicht ohne den Wert
# 7. Du behältst die Trainingsepoche, die auf dem *Testteil* am besten abschneidet, und
#    berichtest dieses Ergebnis. Es ist **a** fair · **b** zu niedrig · **c** zu hoch

# %% tags=["exercise"] translates="701c9ca5"
answers_to_quiz = {1: "", 2: "", 3: "", 4: "", 5: "", 6: "", 7: ""}
check.where_to_start(answers_to_quiz)

# %% tags=["solution"] translates="fa6f71ba"
answers_to_quiz = {1: "b", 2: "a", 3: "c", 4: "c", 5: "a", 6: "b", 7: "c"}
check.where_to_start(answers_to_quiz)

# %% [markdown] translates="9b0a7b1b"
# Oder du gehst danach, was du willst. Die Lektionen mit ★ sind der **schnelle Weg** von
# einem Tag. Ab hier ist der Kurs auf Englisch.
#
# | wenn du … | geh zu |
# |---|---|
# | dich fragst, ob man einem Ergebnis überhaupt glauben kann | [01 · Corpora and splits that do not lie](../01_corpora_and_splits.ipynb), [02 · Scores and floors](../02_scores_and_floors.ipynb) |
# | dich fragst, was das Netz hört | [03 · From sound to frames](../03_from_sound_to_frames.ipynb) ★ |
# | dich fragst, was ein Wort für ein Netz ist | [04 · From words to vectors](../04_from_words_to_vectors.ipynb) |
# | sehen willst, wie weit ein Klang wandert | [05 · Encoders](../05_encoders.ipynb) |
# | Attention von Hand bauen willst | [06 · Attention by hand](../06_attention_by_hand.ipynb) ★ |
# | wegen der multimodalen Fusion da bist | [07 · Ways to fuse](../07_ways_to_fuse.ipynb) ★ |
# | jede Gleichung als Code sehen willst | [08 · MCSAN assembled](../08_mcsan_assembled.ipynb) |
# | Ergebnissen misstraust | [09 · Training you can trust](../09_training_you_can_trust.ipynb) |
# | Attention sehen und wissen willst, was sie wert ist | [10 · Seeing attention](../10_seeing_attention.ipynb) ★, [11 · Is it an explanation?](../11_is_it_an_explanation.ipynb) ★ |
# | Softmax, LSTM oder eine Konfusionsmatrix noch nie getroffen hast | beginne mit 02 und lies weiter: Alles wird aus kleinen Zahlen gebaut, sobald es gebraucht wird |

# %% [markdown] translates="9b313d36"
# ## Rückblick
# - Du hast gehört, dass Clips mit denselben Wörtern verschiedene Gefühle tragen können,
#   und dass ein und derselbe Klang ein anderes Gefühl trägt, sobald ein Wort anders
#   geschrieben ist.
# - Du hast trainierte Netze auf die Clips angewendet und ihre Wahrscheinlichkeiten
#   gelesen.
# - Du hast eine Karte aus Wörtern × Sekunden gelesen, als Bild und in Worten.
# - Du hast gezählt, wie oft die Karte auf die entscheidende Stelle zeigt, und das mit
#   dem Zufall und mit den Zeilen anderer Wörter verglichen.
#
# ## Was du daraus nicht schließen darfst
# - Dass die hellen Felder die Vorhersage *erklären*. Die Karte zeigt, wohin eine
#   Schicht Information geleitet hat.
# - Dass die Ergebnisse etwas über echte Sprache sagen oder über die Tabellen des
#   Papers. Dieses Korpus ist künstlich.
# - Dass Cross-Attention immer hilft, oder dass diese Aufgabe ohne sie nicht zu lösen
#   ist. Wo das Netz ohne sie über der dritten Linie von Abschnitt 5 liegt, sind Wörter
#   und Klänge auf anderem Weg zusammengekommen, vielleicht über ihre Reihenfolge
#   (Lektion 13).
#
# **Zum Weiterlesen:** das Paper, Abschnitte 2.3 und 3.5; Jain & Wallace, *Attention is
# not Explanation* (NAACL 2019); Wiegreffe & Pinter, *Attention is not not Explanation*
# (EMNLP 2019); Baltrušaitis, Ahuja & Morency, *Multimodal Machine Learning: A Survey
# and Taxonomy* (TPAMI 2019).
#
# **Weiter:** [01 · Corpora and splits that do not lie](../01_corpora_and_splits.ipynb)
