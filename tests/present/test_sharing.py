"""What images share, and what is freed when one of them goes."""

from layertui.image.digest import Digest
from layertui.present.sharing import shares
from layertui.sources.base import Record
from tests.hosts import chain_id, image_id


def record(name: str | None, size_bytes: int | None = None, **layers: int | None) -> Record:
    identity: Digest | None = image_id(name) if name is not None else None
    return Record(identity, None, size_bytes, tuple((chain_id(layer), size) for layer, size in layers.items()))


def test_a_base_is_shared_and_what_stands_on_it_is_not() -> None:
    held = [record("a", base=100, lib=20, app=3), record("b", base=100, lib=20), record("c", base=100, other=7)]
    assert shares(held) == [(120, 3), (120, 0), (100, 7)]


def test_an_image_alone_shares_nothing() -> None:
    assert shares([record("a", base=100, app=3)]) == [(0, 103)]
    assert shares([]) == []


def test_entries_with_one_image_id_are_one_image() -> None:
    assert shares([record("a", base=100), record("a", base=100)]) == [(0, 100), (0, 100)]


def test_two_images_with_the_same_layers_free_nothing() -> None:
    assert shares([record("a", base=100), record("b", base=100)]) == [(100, 0), (100, 0)]
    assert shares([record(None, base=100), record(None, base=100)]) == [(100, 0), (100, 0)]


def test_unknown_is_null_and_only_where_it_is_needed() -> None:
    assert shares([record("a", base=100, app=None), record("b", base=100)]) == [(100, None), (100, 0)]
    assert shares([record("a", base=None, app=3), record("b", base=None)]) == [(None, 3), (None, 0)]


def test_a_size_that_one_image_tells_is_known_of_the_other() -> None:
    assert shares([record("a", base=None, app=3), record("b", base=100)]) == [(100, 3), (100, 0)]


def test_content_in_layers_that_are_not_told_is_unknown() -> None:
    assert shares([record("a", size_bytes=100), record("b", base=5), None]) == [(None, None), (0, 5), (None, None)]
    assert shares([record("scratch", size_bytes=0)]) == [(0, 0)]
    assert shares([record("untold")]) == [(None, None)]
