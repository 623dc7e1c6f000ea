"""Numbers as a person reads them: sizes, modes, times and ages."""

import stat
from datetime import UTC, datetime, timedelta

from layertui.layer.columns import Kind

UNKNOWN = "?"
"""Stands where a number is not known; never a guess."""

_PREFIXES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
"""Decimal units, as Docker prints them: 1 kB is 1,000 bytes."""

_NANOSECONDS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _scaled(size_bytes: int, whole_from: float) -> tuple[str, str]:
    """The number, with one decimal below `whole_from` and none from there on, and its unit."""
    value = float(size_bytes)
    for unit in _PREFIXES:
        decimals = 0 if unit == "B" or value >= whole_from - 0.05 else 1
        number = f"{value:.{decimals}f}"
        if float(number) < 1000 or unit == _PREFIXES[-1]:
            return number, unit
        value /= 1000
    raise AssertionError("the last unit always returns")


def size_text(size_bytes: int | None) -> str:
    """A size in up to three digits: `22.0 MB`, `121 MB`, `1.1 MB`, `512 B`; `?` where it is not known."""
    if size_bytes is None:
        return UNKNOWN
    return " ".join(_scaled(size_bytes, 100))


def size_narrow(size_bytes: int | None) -> str:
    """A size for a column of six cells: `22 MB`, `121 MB`, `1.1 MB`, `2 kB`."""
    if size_bytes is None:
        return UNKNOWN
    number, unit = _scaled(size_bytes, 10)
    return f"{number.removesuffix('.0')} {unit}"


def size_change(delta_bytes: int) -> str:
    """A difference of sizes with its sign: `+7.1 MB`, `-1.0 kB`, `0 B`."""
    if not delta_bytes:
        return "0 B"
    return ("+" if delta_bytes > 0 else "-") + size_text(abs(delta_bytes))


def exact_bytes(size_bytes: int | None) -> str:
    """Every digit of a size: `22,020,096 B`."""
    return UNKNOWN if size_bytes is None else f"{size_bytes:,} B"


def mode_text(mode: int, kind: Kind | None = None) -> str:
    """Permission bits as ls draws them, nine letters (`rwsr-xr-t`); empty for a whiteout, whose mode means nothing."""
    if kind is Kind.WHITEOUT:
        return ""
    return stat.filemode(mode & 0o7777)[1:]


def octal_text(mode: int) -> str:
    """Permission bits in four octal digits: `0644`."""
    return f"{mode & 0o7777:04o}"


def mtime_text(mtime_ns: int, *, exact: bool = False) -> str:
    """Nanoseconds since 1970 as ISO 8601 in UTC, to the second; `exact` adds the fraction if there is one.

    A time outside the years 1 to 9999 is given as `@` and its seconds.
    """
    seconds, fraction = divmod(mtime_ns, _NANOSECONDS)
    try:
        text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    except OverflowError:
        return f"@{seconds}"
    text = text.zfill(len("0000-00-00T00:00:00"))
    if exact and fraction:
        text += f".{fraction:09d}".rstrip("0")
    return text + "Z"


def parse_time(text: str | None) -> datetime | None:
    """A time as a config records it (RFC 3339), in UTC; None where there is none, or year 1, which means none."""
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return when if when.year > 1 else None


def created_text(created: str | None) -> str:
    """A recorded time as ISO 8601 in UTC to the second; empty where it is unknown."""
    when = parse_time(created)
    return mtime_text(int((when - _EPOCH) / timedelta(seconds=1)) * _NANOSECONDS) if when else ""


_AGES = (
    (1, "Less than a second", 0),
    (2, "1 second", 0),
    (60, "{} seconds", 1),
    (120, "About a minute", 0),
    (3_600, "{} minutes", 60),
    (7_200, "About an hour", 0),
    (48 * 3_600, "{} hours", 3_600),
    (14 * 86_400, "{} days", 86_400),
    (60 * 86_400, "{} weeks", 7 * 86_400),
    (730 * 86_400, "{} months", 30 * 86_400),
)
"""Docker's wording (go-units `HumanDuration`): below so many seconds, this text, counted in so many seconds each."""


def age_text(created: str | None, now: datetime) -> str:
    """How long ago, as docker images says it: `3 weeks ago`; empty where it is unknown or in the future."""
    when = parse_time(created)
    if when is None or when > now:
        return ""
    elapsed = int((now - when).total_seconds())
    seconds = (elapsed + 1_800) // 3_600 * 3_600 if elapsed >= 3_600 else elapsed  # from an hour on, whole hours
    for limit, words, unit in _AGES:
        if seconds < limit:
            return f"{words.format(seconds // unit if unit else '')} ago"
    return f"{elapsed // (365 * 86_400)} years ago"


_SHORT_AGES = ((60, 1, "s"), (3_600, 60, "m"), (48 * 3_600, 3_600, "h"), (730 * 86_400, 86_400, "d"))
"""Below so many seconds, counted in so many seconds each, with this letter."""


def age_narrow(created: str | None, now: datetime) -> str:
    """How long ago in at most four cells, for a column: `45s`, `12m`, `5h`, `21d`, `3y`; empty as `age_text` is."""
    when = parse_time(created)
    if when is None or when > now:
        return ""
    elapsed = int((now - when).total_seconds())
    for limit, unit, letter in _SHORT_AGES:
        if elapsed < limit:
            return f"{elapsed // unit}{letter}"
    return f"{elapsed // (365 * 86_400)}y"
