"""Random stacks side by side: a comparison equals the difference of two naive models' merged trees."""

import hashlib
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from layertui.image.blob import BytesBlob
from layertui.image.config import parse_config
from layertui.image.digest import DiffID, Digest
from layertui.image.image import Image, Layer
from layertui.image.platform import Platform
from layertui.layer.columns import Kind
from layertui.stack.compare import Change, Comparison, Field, Side, compare
from layertui.stack.comparing_content import ContentComparer
from layertui.stack.load import load
from tests.stack.model import ROOT, Member, Version, replay, tar_of
from tests.stack.test_fold_property import THOROUGH, members

Layers = Sequence[Sequence[Member]]

base = st.lists(st.lists(members, max_size=7), max_size=3)
tops = st.lists(st.lists(members, max_size=7), max_size=3)


def side(layers: Layers, *, with_diff_ids: bool = True) -> Side:
    """All layers merged."""
    tars = [tar_of(layer) for layer in layers]
    ids = [DiffID(f"sha256:{hashlib.sha256(tar).hexdigest()}") if with_diff_ids else None for tar in tars]
    image = Image(
        reference="image",
        tags=(),
        image_id=Digest("sha256:" + "0" * 64),
        manifest_digest=None,
        platform=Platform("linux", "amd64"),
        config=parse_config(b"{}", "config"),
        raw_config=b"{}",
        layers=tuple(
            Layer(number, diff_id, None, None, "", None, None, None, None, BytesBlob(tar, "layer.tar"), None)
            for number, (diff_id, tar) in enumerate(zip(ids, tars, strict=True))
        ),
        steps=(),
        warnings=(),
    )
    return Side(image, load(image).squash, len(layers) - 1, merged=True)


def kind_of(version: Version) -> Kind:
    return Kind.DIRECTORY if version.is_directory else version.content_kind


def expected(one: Version | None, other: Version | None, path: str) -> tuple[Change, Field]:
    """How two versions differ, other names of a file apart."""
    if one is None or other is None:
        only = Change.ONLY_B if one is None else Change.ONLY_A
        return (Change.ASIDE if path == ROOT else only), Field(0)
    fields = Field(0)
    if one.member is not None and other.member is not None:
        fields |= Field.MODE if one.member.mode != other.member.mode else Field(0)
        fields |= Field.MTIME if one.member.mtime_s != other.member.mtime_s else Field(0)
    if kind_of(one) is not kind_of(other):
        return Change.TYPE, fields
    if kind_of(one) is Kind.SYMLINK and one.target != other.target:
        return Change.CONTENT, fields | Field.LINK_TARGET
    if kind_of(one) is Kind.CHAR and one.device != other.device:
        return Change.CONTENT, fields | Field.DEVICE
    if kind_of(one) is Kind.FILE:
        if one.content is None or other.content is None:
            return Change.UNKNOWN, fields
        if one.content != other.content:
            resized = len(one.content) != len(other.content)
            return Change.CONTENT, fields | Field.CONTENT | (Field.SIZE if resized else Field(0))
    return (Change.METADATA if fields else Change.IDENTICAL), fields


def check(comparison: Comparison, layers_a: Layers, layers_b: Layers) -> None:
    merged = [replay(layers).merged_after[-1] if layers else {} for layers in (layers_a, layers_b)]
    assert {comparison.path(row).decode() for row in range(len(comparison))} == {*merged[0], *merged[1]}
    assert comparison.keys == sorted(comparison.keys)
    for row in range(len(comparison)):
        path = comparison.path(row).decode()
        one, other = merged[0].get(path), merged[1].get(path)
        if links_to_no_file(comparison.side_a, comparison.a(row)) or links_to_no_file(
            comparison.side_b, comparison.b(row)
        ):
            continue  # the model takes a hard link into a lower layer for a file
        change, fields = comparison.change(row), comparison.fields(row)
        if one is not None and other is not None and kind_of(one) is kind_of(other) and one.target == other.target:
            fields &= ~Field.LINK_TARGET  # other names of the same file: the model does not keep them
            change = Change.IDENTICAL if change is Change.METADATA and not fields else change
        same_link = one is not None and other is not None and one.content is None and other.content is None
        if same_link and comparison.change(row) is Change.IDENTICAL:
            continue  # one layer's broken link on both sides
        assert (change, fields) == expected(one, other, path), path
        beneath = [
            at for at in range(len(comparison)) if at != row and is_in(comparison.keys[at], comparison.keys[row])
        ]
        assert beneath == list(range(row + 1, comparison.subtree_end(row)))
        changed = sum(comparison.different()[at] for at in beneath)
        assert comparison.changed_below(row) == changed
        for at in beneath:
            assert is_in(comparison.keys[at], comparison.keys[comparison.parent(at)])


def links_to_no_file(of: Side, position: int | None) -> bool:
    return position in of.squash.lower_links and position is not None and of.kind(position) is not Kind.FILE


def is_in(key: bytes, directory: bytes) -> bool:
    return key != directory and (not directory or key.startswith(directory + b"\0"))


def test_a_comparison_equals_the_naive_one() -> None:
    seen: set[Change] = set()

    @settings(THOROUGH, max_examples=400)
    @given(base, tops, tops, st.booleans())
    def compared(below: list[list[Member]], a: list[list[Member]], b: list[list[Member]], with_diff_ids: bool) -> None:
        layers_a, layers_b = below + a, below + b
        comparison = compare(side(layers_a, with_diff_ids=with_diff_ids), side(layers_b, with_diff_ids=with_diff_ids))
        ContentComparer().settle(comparison, comparison.unknown())
        check(comparison, layers_a, layers_b)
        seen.update(map(comparison.change, range(len(comparison))))

    compared()
    assert seen == set(Change), "the strategy reaches every change"
