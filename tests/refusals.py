"""What every refusal must look like."""

import pytest

from mcsan_lite.errors import DataError


def refusal(call) -> str:
    """The text of the DataError that `call` raises, which has its three parts."""
    with pytest.raises(DataError) as caught:
        call()
    text = str(caught.value)
    assert text.startswith("Given: ") and "\nExpected: " in text and "\nDo: " in text
    return text


def refused(result, *crucial) -> None:
    """Check that a command refused: (exit status, stdout, stderr) of it, and words of its text."""
    status, out, err = result
    assert status == 2
    assert out == ""
    assert "Traceback" not in err
    for part in ("Given: ", "Expected: ", "Do: ", *crucial):
        assert part in err, err
