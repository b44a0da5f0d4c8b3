"""Only the cells that an answer needs are run, and all of those."""

import pytest

from mcsan_lite.teaching.needed import needed_places


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        (["a = 1", "b = 2", "check(a)"], [0, 2]),
        (["a = 1", "def f():\n    return a", "b = 2", "check(f)"], [0, 1, 3]),
        (["a = []", "a.append(1)", "check(a)"], [0, 1, 2]),
        (["a = [0]", "a[0] = 1", "check(a)"], [0, 1, 2]),
        (["import x", "x.seed(1)", "y = x.make()", "check(y)"], [0, 2, 3]),
        (["a = 1", "a = 2", "check(a)"], [1, 2]),
        (["a = 1", "a = a + 1", "check(a)"], [0, 1, 2]),
        (["a = 1", "if b:\n    a = 2", "check(a)"], [0, 1, 2]),
        (["one = 1", "rows = [one for one in range(3)]", "check(rows)"], [1, 2]),
        (["one = 1", "def f(one):\n    return one", "check(f)"], [1, 2]),
        (["a = 1", "%magic", None, "check(a)"], [0, 1, 3]),
        (["while True: pass", "check(1)"], [1]),
    ],
)
def test_cells_that_bind_what_an_answer_uses(cells, needed):
    assert sorted(needed_places(cells, [len(cells) - 1])) == needed


def test_nothing_is_needed_for_no_answer():
    assert needed_places(["a = 1"], []) == set()
