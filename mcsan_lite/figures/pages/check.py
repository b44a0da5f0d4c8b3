"""`mcsan check` as a page: the verdict, counts beside the published ones, and what was found odd.

In: a report of `inspect_corpus`. Out: the page as text. The whole report is below it as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mcsan_lite.datasets.inspection.text import report_text
from mcsan_lite.figures.basics import BLUE, VERMILION, axes_or_new, shorten
from mcsan_lite.figures.pages.inline import Picture, in_our_theme, picture_of
from mcsan_lite.figures.pages.page import Answer, Section, Sheet, Verbatim, page_text

_OK = {True: "✓", False: "✗", None: ""}
_SHOWN = 10  # ids in a list; the report itself has all of them


def check_page(report: dict) -> str:
    """The page of a corpus.

    Args:
        report: from `inspect_corpus`.
    """
    with in_our_theme():
        sections = [
            Section("How many of what", _counted(report)),
            Section("What the reader says", list(_reader(report))),
            Section("Sound", list(_sound(report))),
            Section("Words", list(_words(report))),
            Section("Who speaks, and what the parts share", list(_parts(report))),
            Section("All of it", [Verbatim("The same as text", report_text(report))]),
        ]
    verdict = report["verdict"]
    answer = Answer(f"{verdict[:1].upper()}{verdict[1:]}.", good=report["status"] == 0)
    lead = f"Read from {report['root']}."
    if report["fast"]:
        lead += " The clips were not opened."
    title = f"Is this the data that it should be? {report['corpus']}"
    return page_text(title, sections, lead=lead, answer=answer)


def draw_counts(counts: Sequence[Mapping], *, ax=None):
    """Bars of what was found, and diamonds where the published number lies.

    Args:
        counts: rows with `what`, `found`, `published` and `ok`, as a report has them.
        ax: axes to draw into; None makes new ones.

    Returns:
        The axes. A bar that is not as published is hatched.
    """
    ax = axes_or_new(ax, height=1.0 + 0.24 * len(counts))
    places = range(len(counts))
    for place, count in zip(places, counts, strict=True):
        off = count["ok"] is False
        look = {"color": VERMILION, "hatch": "///", "ec": "white"} if off else {"color": BLUE}
        ax.barh(place, count["found"], height=0.62, **look)
    published = [(place, one["published"]) for place, one in enumerate(counts)]
    known = [(number, place) for place, number in published if number is not None]
    if known:
        numbers, at = zip(*known, strict=True)
        ax.plot(numbers, at, "D", color="0.15", mfc="white", ms=5, label="published")
        ax.legend(loc="lower right", frameon=False)
    ax.set_yticks(places, [_plain(count["what"]) for count in counts])
    ax.invert_yaxis()
    ax.set(xlabel="found", xlim=(0, None))
    return ax


def draw_lengths(durations: Mapping[str, float], *, ax=None):
    """The lengths of clips: shortest, median, 95 % and longest, and where the paper stops hearing.

    Args:
        durations: seconds, as a report has them.
        ax: axes to draw into; None makes new ones.

    Returns:
        The axes; seconds are on a logarithmic scale.
    """
    ax = axes_or_new(ax, height=2.0)
    names = {"min_s": "shortest", "median_s": "median", "p95_s": "95 %", "max_s": "longest"}
    shortest, longest = durations["min_s"], durations["max_s"]
    ax.plot((shortest, longest), (0, 0), color=BLUE, lw=2)
    for i, (key, name) in enumerate(names.items()):
        seconds, above = durations[key], i % 2 == 0
        ax.plot(seconds, 0, "o", color=BLUE)
        ax.annotate(
            f"{name}\n{seconds:.2f} s",
            (seconds, 0),
            (0, 8 if above else -8),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
        )
    cut = durations["cut_s"]
    ax.axvline(cut, color=VERMILION, ls="--", lw=1.2)
    ax.annotate(
        f"heard up to {cut:.0f} s ",
        (cut, 0.98),
        xycoords=("data", "axes fraction"),
        ha="right",
        va="top",
        color=VERMILION,
    )
    ax.set_xscale("log")
    ticks = [0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 20, 50, 100, 200]
    low, high = min(shortest, cut) * 0.7, max(longest, cut) * 1.5
    inside = [tick for tick in ticks if low <= tick <= high]
    ax.set_xticks(inside, [f"{tick:g}" for tick in inside])
    ax.minorticks_off()
    ax.set(xlim=(low, high), ylim=(-1, 1), xlabel="seconds a clip", yticks=[])
    ax.spines["left"].set_visible(False)
    return ax


def _plain(text: str) -> str:
    return shorten(text).replace("$", r"\$")  # two dollars would start a formula


def _counted(report: dict) -> list[Sheet | Picture]:
    counts = report["counts"]
    columns = {
        "what": [count["what"] for count in counts],
        "found": [f"{count['found']:,}" for count in counts],
    }
    if any(count["published"] is not None for count in counts):
        published = [count["published"] for count in counts]
        columns["published"] = ["" if n is None else f"{n:,}" for n in published]
        columns["as published"] = [_OK[count["ok"]] for count in counts]
    words = [f"{count['what']} {count['found']:,}" for count in counts]
    off = [count["what"] for count in counts if count["ok"] is False]
    caption = "What was found; a diamond is the published number."
    if off:
        caption += " Hatched is what is not as published."
    alt = f"Bars: {', '.join(words)}. Not as published: {', '.join(off) or 'none'}."
    drawn = picture_of(draw_counts(counts).figure, alt=alt, caption=caption)
    return [drawn, Sheet("Counts, found and published.", columns)]


def _reader(report: dict) -> Iterator[str | list[str] | Sheet]:
    if report["refusal"]:
        yield f"A strict reading refuses it: {report['refusal']['given'].splitlines()[0]}"
        yield f"Do: {report['refusal']['do']}"
    if report["labels"]:
        yield [remark["text"] for remark in report["labels"]]
    skipped = report["skipped"]
    if not skipped:
        yield "Nothing was left out."
    else:
        columns = {
            "what": [row["kind"] for row in skipped],
            "how many": [f"{row['number']:,}" for row in skipped],
            "an example": [row["example"] for row in skipped],
            "why": [row["reason"] for row in skipped],
        }
        yield Sheet("What the reader left out or found odd.", columns)
    defects = report["defects"]
    if defects:
        columns = {"defect": [row["kind"] for row in defects]}
        for part in ("train", "valid", "test"):
            columns[part] = [f"{row[part]:,}" for row in defects]
        columns["what it is"] = [row["what"] for row in defects]
        yield Sheet("Known defects, and how many rows have them.", columns)


def _sound(report: dict) -> Iterator[str | list[str] | Picture]:
    clips, times = report["clips"], report["durations"]
    yield f"{clips['files']:,} clips{', not opened' if report['fast'] else ''}."
    if times:
        alt = (
            f"Clips last {times['min_s']:.2f} to {times['max_s']:.2f} s, median "
            f"{times['median_s']:.2f} s, 95 % below {times['p95_s']:.2f} s."
        )
        caption = (
            f"{times['hours']:.2f} hours. {times['over_cut']:,} clips are longer than the paper "
            f"hears, which leaves out {times['lost_share']:.1%} of all sound."
        )
        yield picture_of(draw_lengths(times).figure, alt=alt, caption=caption)
    facts = []
    for form in report["formats"]:
        facts.append(
            f"{form['clips']:,} clips with {form['rate']:,} samples a second, "
            f"channels: {form['channels']}"
        )
    unusable = [f"{i}: {problem}" for i, problem in clips["unusable"].items()]
    found = {"utterances without a clip": clips["none"], "clips that cannot be used": unusable}
    if clips["files"]:
        found |= {f"clips with {remark}": ids for remark, ids in clips["odd"].items()}
    facts += [_with_examples(what, ids) for what, ids in found.items() if ids]
    if facts:
        yield facts


def _words(report: dict) -> Iterator[str | list[str] | Sheet]:
    texts, words = report["texts"], report["words"]
    facts = [f"{texts['with_word_times']:,} texts with word times"]
    for what, ids in (("empty", texts["empty"]), ("without a letter", texts["without_letter"])):
        if ids:
            facts.append(_with_examples(f"texts {what}", ids))
    facts += [f"{n:,} texts with {what}" for what, n in words["respelled"].items()]
    if words["problem"]:
        facts.append(f"word vectors {words['vectors']}: {words['problem']}")
    yield facts
    if words["unknown"]:
        columns = {
            "word": [word for word, _ in words["unknown"]],
            "how often": [f"{number:,}" for _, number in words["unknown"]],
        }
        yield Sheet(f"The most frequent words that {words['vectors']} does not know.", columns)


def _parts(report: dict) -> Iterator[str | list[str] | Sheet]:
    groups = report["groups"]
    columns = {"part": list(groups)}
    for what in ("utterances", "speakers", "dialogues", "sessions", "scenarios"):
        columns[what] = [f"{numbers[what]:,}" for numbers in groups.values()]
    known = [(one["by_speakers_of_train"], one["utterances"]) for one in groups.values()]
    if any(number is not None for number, _ in known):
        shares = ["" if n is None else f"{n / size:.1%}" for n, size in known]
        columns["by a speaker of train"] = shares
    for what, repeats in (("text", "text"), ("recording", "audio")):
        if what == "text" or report["formats"]:
            found = report["repeats"][repeats]
            copies = [f"{found['copies'].get(part, 0):,}" for part in groups]
            columns[f"repeated {what}s"] = copies
            in_train = found["in_train"]
            if in_train:
                beside = [f"{in_train[part]:,}" if part in in_train else "" for part in groups]
                columns[f"{what}s also in train"] = beside
    yield Sheet("Each part, and what it shares with training.", columns)


def _with_examples(what: str, ids: Sequence[str]) -> str:
    """How many there are, and the first of them."""
    more = ", …" if len(ids) > _SHOWN else ""
    return f"{len(ids):,} {what}: {', '.join(ids[:_SHOWN])}{more}"
