"""`layertui doctor`: what was looked for on this host, what answered, and what is in the way."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layertui.errors import LayertuiError
from layertui.image.address import without_secrets
from layertui.present.report import SCHEMA_VERSION, Json
from layertui.present.safetext import safe

ALWAYS = "Archives and layouts need no engine: layertui image.tar, layertui ./layout. So does layertui demo."

_MARGIN = "    "


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one place that was looked for."""

    name: str
    """What it is called. Not made safe for a terminal, as nothing here is."""
    scheme: str
    """What stands before the colon in a reference to an image there."""
    where: str
    """What was looked at."""
    found: bool
    """Whether there is something to open."""
    said: str
    """What the look showed."""
    hint: str = ""
    """What to do where it is not there."""
    problem: LayertuiError | None = None
    """Why it did not answer."""
    images: int | None = None
    """How many it holds; None where it did not answer."""
    containers: int | None = None
    """How many it holds; None where it did not answer."""
    facts: tuple[tuple[str, str], ...] = ()
    """What it says of itself, such as version, storage driver, and how layers are read."""
    notes: tuple[str, ...] = ()
    """What of it cannot be listed, and what is odd about it, a sentence each."""

    @property
    def answered(self) -> bool:
        """Whether its images are listed."""
        return self.images is not None


def doctor_lines(findings: Sequence[Finding], variables: Sequence[tuple[str, str | None]], user: str) -> Iterator[str]:
    """A paragraph for each place, what works in any case, and the variables that matter.

    `variables` are names and values, None where one is not set; `user` says as whom this process runs.
    """
    for finding in findings:
        yield from map(_shown, _paragraph(finding))
        yield ""
    answered = [finding.name for finding in findings if finding.answered]
    yield _shown(f"Answered: {', '.join(dict.fromkeys(answered)) or 'none'}. This process runs as {user}.")
    yield ALWAYS
    yield ""
    yield "Environment"
    width = max((len(name) for name, _ in variables), default=0)
    for name, value in variables:
        if value is not None:
            yield _shown(f"{_MARGIN}{name:<{width}}  {value or '(empty)'}")
    missing = ", ".join(safe(name) for name, value in variables if value is None)
    yield from textwrap.wrap(f"not set: {missing}", 100, initial_indent=_MARGIN, subsequent_indent=2 * _MARGIN)


def _paragraph(finding: Finding) -> Iterator[str]:
    yield f"{finding.name}  ({finding.scheme}:)"
    yield f"{_MARGIN}{finding.where}: {finding.said}"
    if finding.problem is not None:
        yield f"{_MARGIN}{finding.problem.message}"
        if finding.problem.hint:
            yield f"{_MARGIN}{finding.problem.hint}"
    elif finding.answered:
        yield f"{_MARGIN}answered: {_counted(finding.images, 'image')}, {_counted(finding.containers, 'container')}"
        for name, value in finding.facts:
            yield f"{_MARGIN}{name}: {value}"
        for note in finding.notes:
            yield f"{_MARGIN}! {note}"
    elif finding.hint:
        yield f"{_MARGIN}{finding.hint}"


def _counted(number: int | None, what: str) -> str:
    return f"{number or 0} {what}" + ("" if number == 1 else "s")


def _shown(text: str) -> str:
    return safe(without_secrets(text))


def doctor_json(findings: Sequence[Finding], variables: Sequence[tuple[str, str | None]], user: str) -> Json:
    """`doctor`: an object for each place, and the variables."""
    return {
        "schema_version": SCHEMA_VERSION,
        "sources": [_finding_json(finding) for finding in findings],
        "user": user,
        "environment": {name: None if value is None else without_secrets(value) for name, value in variables},
    }


def _finding_json(finding: Finding) -> Json:
    problem = finding.problem
    return {
        "name": finding.name,
        "scheme": finding.scheme,
        "where": without_secrets(finding.where),
        "found": finding.found,
        "said": without_secrets(finding.said),
        "hint": without_secrets(finding.hint),
        "answered": finding.answered,
        "images": finding.images,
        "containers": finding.containers,
        "facts": {name: without_secrets(value) for name, value in finding.facts},
        "notes": [without_secrets(note) for note in finding.notes],
        "problem": None
        if problem is None
        else {
            "message": without_secrets(problem.message),
            "hint": without_secrets(problem.hint),
            "exit_code": problem.exit_code,
        },
    }
