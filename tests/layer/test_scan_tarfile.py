"""The scanner beside Python's tarfile: what tarfile writes is listed as tarfile lists it, in every format."""

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.layer.helpers import listed, read, tarfile_list

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
TYPES = (
    tarfile.REGTYPE,
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.FIFOTYPE,
)


def write(members: list[tarfile.TarInfo], form: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=FORMATS[form], encoding="utf-8") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size) if member.isreg() else None)
    return out.getvalue()


parts = st.text(st.sampled_from("ab.- \n\\é日"), min_size=1, max_size=60).filter(
    lambda part: not part.startswith(".wh.") and part not in (".", "..")
)
names = st.lists(parts, min_size=1, max_size=6).map("/".join)


@st.composite
def members(draw: st.DrawFn, form: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(draw(names))
    if form == "ustar":
        member.name = member.name.encode("ascii", "replace").decode()[:100].rstrip("/") or "x"
    member.type = draw(st.sampled_from(TYPES))
    member.mode = draw(st.integers(0, 0o7777))
    high = 0o7777777 if form == "ustar" else 2**31
    member.uid, member.gid = draw(st.integers(0, high)), draw(st.integers(0, high))
    member.mtime = draw(st.integers(0, 2**33 - 1) if form == "ustar" else st.integers(-9_000_000_000, 9_000_000_000))
    if member.isreg():
        member.size = draw(st.sampled_from((0, 1, 511, 512, 513, 5000)))
    if member.issym() or member.islnk():
        member.linkname = draw(names)
        if form == "ustar":
            member.linkname = member.linkname.encode("ascii", "replace").decode()[:100]
    return member


@pytest.mark.parametrize("form", FORMATS)
def test_what_tarfile_writes_is_listed_as_tarfile_lists_it(form: str) -> None:
    @settings(max_examples=150, deadline=None, database=None)
    @given(st.lists(members(form), max_size=8))
    def check(written: list[tarfile.TarInfo]) -> None:
        data = write(written, form)
        tree = read(data)
        assert tree.damage is None
        assert tree.entry_count == len(written)
        assert listed(tree) == tarfile_list(data)

    check()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("length", [99, 100, 101, 154, 155, 156, 157, 255, 256, 257, 511, 512, 513, 1000, 4096])
def test_names_and_links_at_every_boundary(form: str, length: int) -> None:
    written = []
    for at, name in enumerate(("n" * length, "d/" + "n" * (length - 2), ("p" * 50 + "/") * (length // 51) + "n")):
        for kind in (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE):
            member = tarfile.TarInfo(name[: 4096 - 4] + f"/{at}" if len(name) > 4090 else name)
            member.type, member.linkname = kind, name if kind == tarfile.SYMTYPE else ""
            try:
                member.tobuf(FORMATS[form])
            except ValueError:  # the format has no room for it
                continue
            written.append(member)
    data = write(written, form)
    assert read(data).damage is None
    assert listed(read(data)) == tarfile_list(data)
