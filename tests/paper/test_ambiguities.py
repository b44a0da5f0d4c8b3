"""What the paper leaves open: no silence without an alternative, one change at a time."""

from dataclasses import fields, replace

import pytest
import refusals

from mcsan_lite.models.mcsan import MCSANConfig
from mcsan_lite.paper import table_rows
from mcsan_lite.paper.ambiguities import (
    ALTERNATIVES,
    OPEN_CHOICES,
    SETTINGS,
    TRIED_ELSEWHERE,
    ambiguity_specs,
    choices,
    default_of,
)

ledger = choices().set_index("choice")


def test_every_open_field_has_alternatives_and_nothing_else_has():
    assert set(ledger.index[ledger.status.isin(["silent", "unclear"])]) == set(ALTERNATIVES) | set(
        TRIED_ELSEWHERE
    )


def test_the_ledger_has_every_field_of_the_settings_but_the_seed():
    assert set(ledger.index) == {f.name for settings in SETTINGS for f in fields(settings)} - {
        "seed"
    }


@pytest.mark.parametrize(
    ("choice", "status"),
    [
        ("hidden", "stated"),
        ("order", "stated"),
        ("epochs", "stated"),
        ("dropout", "silent"),
        ("select", "silent"),
        ("sample_rate", "silent"),
        ("full_scale", "unclear"),
        ("positions", "unclear"),
        ("vectors", "unclear"),
        ("uniform_attention", "ours"),
    ],
)
def test_what_the_paper_says_of_a_field(choice, status):
    assert ledger.status[choice] == status


def test_choices_without_a_field_say_how_or_that_nothing_is_built():
    assert len({o.choice for o in OPEN_CHOICES}) == len(OPEN_CHOICES) and all(
        o.ours and o.alternatives for o in OPEN_CHOICES
    )
    assert {
        "folds",
        "scope of the z-normalisation",
        "class weights",
        "word vectors in training",
    } <= {o.choice for o in OPEN_CHOICES}


@pytest.mark.parametrize("corpus", ["synthetic", "meld", "iemocap", "ravdess"])
@pytest.mark.parametrize("profile", ["smoke", "quick", "paper"])
def test_one_change_at_a_time(profile, corpus):
    base, *others = ambiguity_specs(profile, corpus)
    assert base == table_rows.table3_specs(profile, corpus, rows=["MCSAN"])[0]
    assert len({s.name for s in others}) == len(others)
    for spec in others:
        name, _, value = spec.name.partition("=")
        if name == "protocol":
            assert spec == replace(base, name=spec.name, protocol=value)
            continue
        assert str(default_of(spec, name)) == value != str(default_of(base, name))
        settings = [(MCSANConfig(**s.options), s.train, s.features) for s in (spec, base)]
        changed = [
            f.name
            for a, b in zip(*settings, strict=True)
            for f in fields(a)
            if getattr(a, f.name) != getattr(b, f.name)
        ]
        assert changed == [name] and spec.protocol == base.protocol


def test_named_changes_may_be_any_in_every_profile():
    wanted = ["MCSAN", "dropout=0.1", "n_mels=40"]  # of these, quick itself tries only the first
    specs = ambiguity_specs("quick", "ravdess", rows=wanted)
    assert [spec.name for spec in specs] == wanted
    assert default_of(specs[1], "dropout") == 0.1 and default_of(specs[2], "n_mels") == 40
    text = refusals.refusal(lambda: ambiguity_specs(rows=["mask_frames=0.3"]))
    assert "mask_frames=0.2" in text


def test_the_quick_profile_is_cheap_and_the_papers_tries_all():
    quick = ambiguity_specs("quick", "synthetic")
    assert len(quick) == 17  # the default and 16: none that makes the features anew
    assert {s.features for s in quick} == {quick[0].features}
    tried = {s.name.partition("=")[0] for s in ambiguity_specs("paper", "iemocap")[1:]}
    assert tried == {*ALTERNATIVES, "protocol"}
    assert not [
        s
        for s in ambiguity_specs("paper", "iemocap", protocol="yoon5")
        if s.name.startswith("protocol")
    ]
