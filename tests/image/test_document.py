"""JSON that came from anyone: text that is not Unicode is replaced as Go does, in large documents too."""

import time
import tracemalloc

import msgspec
import pytest

from layertui.errors import DamagedError
from layertui.image.bounds import Bound
from layertui.image.document import decode

LARGE = Bound("LAYERTUI_TEST_BYTES", 64 << 20, "bytes")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (rb'"a\ud800b"', "a\ufffdb"),
        (rb'"a\udc00\ud800"', "a\ufffd\ufffd"),
        (rb'"\ud800\ud83d\ude00"', "\ufffd\U0001f600"),  # a pair stays one
        (rb'"\\ud800\ud800"', "\\ud800\ufffd"),  # a backslash before what looks like one
        (rb'"\ud800\u0041\n"', "\ufffdA\n"),
        (b'"\xffa\\ud800"', "\ufffda\ufffd"),
        (b'\xef\xbb\xbf"a"', "a"),
    ],
)
def test_what_is_no_unicode_is_replaced(data: bytes, text: str) -> None:
    assert decode(data, str, "it") == text


@pytest.mark.parametrize("data", [b"[" + b"[]," * 1_000_000, b'["\xff"' + b",[]" * 1_000_000, b'["\\ud800'])
def test_a_damaged_document_takes_little_more_than_its_bytes(data: bytes) -> None:
    """Nothing is built of what is in it, which would take a hundred times as much, before it is known to be sound."""
    tracemalloc.start()
    before_s = time.process_time()
    with pytest.raises(DamagedError):
        decode(data, dict[str, int], "it", LARGE)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 10 * len(data) + 100_000
    assert time.process_time() - before_s < 2


def test_large_texts_of_escapes_are_replaced_in_their_time() -> None:
    data = b'["' + rb"\n\\" * 2_000_000 + rb'\ud800"]'
    before_s = time.process_time()
    (text,) = decode(data, list[str], "it", LARGE)
    assert text.endswith("\n\\\ufffd")
    assert time.process_time() - before_s < 2


def test_deep_nesting_is_said() -> None:
    with pytest.raises(DamagedError, match="nested too deeply"):
        decode(b"[" * 100_000, list[msgspec.Raw], "it")
