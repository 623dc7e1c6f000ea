"""Sizes, modes, times and ages in words."""

from datetime import UTC, datetime, timedelta

import pytest

from layertui.layer.columns import Kind
from layertui.present import units


@pytest.mark.parametrize(
    ("size_bytes", "text", "narrow"),
    [
        (None, "?", "?"),
        (0, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (1_000, "1.0 kB", "1 kB"),
        (1_949, "1.9 kB", "1.9 kB"),
        (9_940, "9.9 kB", "9.9 kB"),
        (9_960, "10.0 kB", "10 kB"),
        (99_949, "99.9 kB", "100 kB"),
        (99_951, "100 kB", "100 kB"),
        (398_000, "398 kB", "398 kB"),
        (999_499, "999 kB", "999 kB"),
        (999_500, "1.0 MB", "1 MB"),
        (22_020_096, "22.0 MB", "22 MB"),
        (412_000_000, "412 MB", "412 MB"),
        (1_100_000_000, "1.1 GB", "1.1 GB"),
        (2**63, "9.2 EB", "9.2 EB"),
        (10**22, "10000 EB", "10000 EB"),
    ],
)
def test_sizes(size_bytes: int | None, text: str, narrow: str) -> None:
    assert units.size_text(size_bytes) == text
    assert units.size_narrow(size_bytes) == narrow


def test_size_changes_have_a_sign() -> None:
    assert units.size_change(7_100_000) == "+7.1 MB"
    assert units.size_change(-1_000) == "-1.0 kB"
    assert units.size_change(0) == "0 B"


def test_exact_bytes() -> None:
    assert units.exact_bytes(22_020_096) == "22,020,096 B"
    assert units.exact_bytes(None) == "?"


@pytest.mark.parametrize(
    ("mode", "text"),
    [(0o644, "rw-r--r--"), (0o4755, "rwsr-xr-x"), (0o1777, "rwxrwxrwt"), (0o2644, "rw-r-Sr--"), (0, "---------")],
)
def test_modes(mode: int, text: str) -> None:
    assert units.mode_text(mode, Kind.FILE) == text
    assert units.octal_text(0o100000 | mode) == f"{mode:04o}"


def test_a_whiteout_has_no_mode() -> None:
    assert units.mode_text(0o644, Kind.WHITEOUT) == ""


@pytest.mark.parametrize(
    ("mtime_ns", "text", "exact"),
    [
        (0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        (1_700_000_000_120_000_000, "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.12Z"),
        (-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999999Z"),
        (-62_135_596_800 * 10**9, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        (10**30, "@1000000000000000000000", "@1000000000000000000000"),
    ],
)
def test_mtimes(mtime_ns: int, text: str, exact: str) -> None:
    assert units.mtime_text(mtime_ns) == text
    assert units.mtime_text(mtime_ns, exact=True) == exact


@pytest.mark.parametrize(
    ("created", "text"),
    [
        ("2024-05-01T12:00:00.123456789Z", "2024-05-01T12:00:00Z"),
        ("2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00Z"),
        ("2024-05-01T12:00:00", "2024-05-01T12:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", ""),
        ("0001-01-01T00:00:00+05:00", ""),
        ("yesterday", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_created(created: str | None, text: str) -> None:
    assert units.created_text(created) == text


NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(0), "Less than a second ago"),
        (timedelta(seconds=1), "1 second ago"),
        (timedelta(seconds=59), "59 seconds ago"),
        (timedelta(seconds=119), "About a minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(minutes=89), "About an hour ago"),
        (timedelta(minutes=90), "2 hours ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(hours=48), "2 days ago"),
        (timedelta(days=21), "3 weeks ago"),
        (timedelta(days=61), "2 months ago"),
        (timedelta(days=730), "2 years ago"),
        (timedelta(seconds=-5), ""),
    ],
)
def test_ages_are_docker_words(ago: timedelta, text: str) -> None:
    assert units.age_text((NOW - ago).isoformat(), NOW) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=0), "0s"),
        (timedelta(seconds=59.9), "59s"),
        (timedelta(minutes=1), "1m"),
        (timedelta(minutes=59), "59m"),
        (timedelta(hours=1), "1h"),
        (timedelta(hours=47), "47h"),
        (timedelta(days=2), "2d"),
        (timedelta(days=729), "729d"),
        (timedelta(days=731), "2y"),
        (timedelta(days=-1), ""),
    ],
)
def test_an_age_fits_four_cells(ago: timedelta, text: str) -> None:
    assert units.age_narrow((NOW - ago).isoformat(), NOW) == text


def test_an_unknown_age_is_empty() -> None:
    assert units.age_narrow(None, NOW) == ""
    assert units.age_text(None, NOW) == ""
    assert units.age_text("soon", NOW) == ""
