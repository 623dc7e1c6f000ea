"""The outer tar of an archive: where each member lies."""

import pytest

from layertui.errors import DamagedError
from layertui.image.blob import BytesBlob
from layertui.layer import archive
from layertui.layer.archive import read_archive, scan_archive
from layertui.layer.columns import Kind
from tests.kit.entries import directory, file, gnu_long, symlink
from tests.kit.tar import tar_bytes


def test_members_lie_where_they_say() -> None:
    data = tar_bytes([directory("d"), file("./d/a", b"12345"), gnu_long("n" * 200), file("x", b"678")])
    members = read_archive(BytesBlob(data, "image.tar"))
    assert set(members) == {b"d", b"d/a", b"n" * 200}
    for name, content in ((b"d/a", b"12345"), (b"n" * 200, b"678")):
        member = members[name]
        assert data[member.offset : member.offset + member.size_bytes] == content
        assert member.name == name


def test_the_last_of_a_name_counts() -> None:
    data = tar_bytes([file("a", b"1"), file("./a", b"22")])
    assert read_archive(BytesBlob(data, "image.tar"))[b"a"].size_bytes == 2


def test_links_keep_their_target() -> None:
    data = tar_bytes([symlink("x/layer.tar", "../y/layer.tar")])
    member = read_archive(BytesBlob(data, "image.tar"))[b"x/layer.tar"]
    assert (member.kind, member.link_target) == (Kind.SYMLINK, b"../y/layer.tar")


def test_a_damaged_archive_is_refused_with_its_offset() -> None:
    data = tar_bytes([file("a", b"1"), file("b", bytes(5000))])[:3000]
    with pytest.raises(DamagedError, match=r"image\.tar: damaged at byte [\d,]+"):
        read_archive(BytesBlob(data, "image.tar"))
    kept = scan_archive(BytesBlob(data, "image.tar"))
    assert b"a" in kept.members
    assert kept.damage is not None


def test_too_many_members_are_no_image_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBER_LIMIT", 10)
    data = tar_bytes([file(str(number)) for number in range(11)])
    with pytest.raises(DamagedError, match="more than 10 members"):
        read_archive(BytesBlob(data, "image.tar"))
