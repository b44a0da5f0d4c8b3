"""The sentences of lesson 08 follow its numbers: opposite numbers, opposite sentences."""

import pytest

from mcsan_lite.exercises.verdicts import lesson08 as read

CASES = [
    (read.say_agreement, (1e-7,), "the same numbers"),
    (read.say_agreement, (0.3,), "NOT the same numbers"),
    (read.say_open_choices, (12, 29), "More than half"),
    (read.say_open_choices, (29, 12), "Less than half"),
    (read.say_open_choices, (5, 5), "Half of what"),
    (read.say_padding_share, (60, 100), "40 of the 100 positions of this batch (40%)"),
    (read.say_padding_share, (100, 100), "no padding"),
    (read.say_normalised, ((0.4, 0.7), (0.0, 0.001)), "Every row now has mean 0"),
    (read.say_normalised, ((0.4, 0.7), (0.4, 0.7)), "NOT normalised"),
    (read.say_news_or_old, (1.2, 0.004), "the news has drowned"),
    (read.say_news_or_old, (1.2, 1.1), "the news is still there"),
    (
        read.say_update_order,
        (0.0, 0.4, 0.8),
        "updates from the old values. The one-after-the-other program is another network",
    ),
    (read.say_update_order, (0.4, 0.0, 0.8), "The package is the one-after-the-other program"),
    (read.say_update_order, (0.0, 0.0, 0.8), "do not show"),
    (read.say_pool_winners, (3, 5, 10), "The other 2 win none, so their states do not"),
    (read.say_pool_winners, (4, 5, 10), "The other one wins none, so its state does not"),
    (read.say_pool_winners, (5, 5, 10), "All 5 words win"),
    (read.say_padding_wins, ("Filled with 0", 7, 7, 80), "7 of 80 pooled numbers change, all"),
    (read.say_padding_wins, ("Filled with 0", 7, 3, 80), "3 of them upwards"),
    (read.say_padding_wins, ("Filled with 0", 0, 0, 80), "none of the 80"),
    (read.say_time_shrinks, ((90, 30, 10), True), "90 → 30 → 10, by a factor of 9.0. The"),
    (read.say_time_shrinks, ((90, 30, 10), False), "CHANGE a shape"),
    (
        read.say_wirings,
        ({"a": 1, "b": 2}, {"a": 4, "b": 2}),
        "In “a”, a stream passes 1 attention ",
    ),
    (
        read.say_wirings,
        ({"a": 2}, {"a": 2}),
        "passes 2 attention modules, and the classifier gets 2",
    ),
    (read.say_padding_leaks, (1e-6, 0.2, 3, 8), "does not depend on the batch"),
    (read.say_padding_leaks, (0.1, 0.2, 3, 8), "LEAKS"),
    (read.say_padding_leaks, (1e-6, 1e-6, 0, 8), "would not do so without them either"),
    (read.say_padding_leaks, (1e-6, 0.2, 3, 8), "and 3 of 8 predictions"),
    (read.say_padding_leaks, (1e-6, 0.2, 0, 8), "but none of the 8 predictions"),
    (read.say_largest_part, ({"text LSTM": 9, "cross-attention": 4},), "text LSTM, with 69%"),
    (read.say_largest_part, ({"text LSTM": 4, "cross-attention": 9},), "hold 69%, more than half"),
    (read.say_largest_part, ({"text LSTM": 9, "cross-attention": 4},), "less than half"),
    (read.say_price_of_heads, ({1: 50, 2: 50},), "the same 50 parameters"),
    (read.say_price_of_heads, ({1: 50, 2: 60},), "heads cost some"),
    (
        read.say_rows_by_size,
        ({"w/o a": 0.5, "N = 2": 1.6},),
        "Of 2 rows, 1 is smaller than the full model and 1 larger",
    ),
    (read.say_rows_by_size, ({"w/o a": 1.0, "N = 2": 1.0},), "as many parameters as"),
    (read.say_joining_order, (1e-7, 0.6), "renumbered columns changes nothing"),
    (read.say_joining_order, (0.5, 0.6), "STILL changes"),
    (read.say_joining_order, (1e-7, 1e-7), "changes nothing either"),
    (read.say_batch_by_heart, (1.9, 1.95, 0.001, 2.0, 1.9), "near ln C"),
    (read.say_batch_by_heart, (6.0, 1.95, 0.001, 2.0, 1.9), "FAR from"),
    (read.say_batch_by_heart, (1.9, 1.95, 1.5, 2.0, 1.9), "NOT learned"),
    (read.say_batch_by_heart, (1.9, 1.95, 0.001, 0.1, 1.9), "leaks into the input"),
]


@pytest.mark.parametrize(("say", "numbers", "says"), CASES)
def test_the_sentence_follows_the_numbers(say, numbers, says):
    assert says in say(*numbers)
