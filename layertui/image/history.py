"""Build steps: commands for reading, and which layer each of them made."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from layertui.image.config import History


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the build as recorded, base to top."""

    command: str
    """For reading; not made safe for a terminal."""
    created: str | None
    """When, in ISO 8601; None where unknown."""
    layer: int | None
    """The layer it made, counted from the base; None where it made none, or where that cannot be told."""


_SHELL = r"(?:/bin/sh -c|cmd /S /C|powershell -Command) "
_NOTHING = re.compile(_SHELL + r"#\(nop\)\s*")
_ARGUMENTS_AND_SHELL = re.compile(r"(?:\|\d+ .*?)?" + _SHELL, re.DOTALL)
_BUILDKIT = re.compile(r"\s*# buildkit\s*\Z")

_NO_LAYER = re.compile(
    r"(CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME|ARG)\b"
)
"""Instructions that never make a layer, whatever a builder recorded; WORKDIR may."""


def clean_command(created_by: str) -> str:
    """A step's command as its Dockerfile had it, without what the builders wrap around it.

    Docker's classic builder wraps what it ran as `/bin/sh -c CMD` and what it did itself as
    `/bin/sh -c #(nop) CMD`; BuildKit marks its steps `# buildkit`. Build arguments stand before as `|2 A=b C=d`.
    """
    text = created_by.strip()
    if found := _NOTHING.match(text):
        return text[found.end() :].strip()
    if found := _BUILDKIT.search(text):
        text = text[: found.start()]
        if text.startswith("RUN ") and (found := _ARGUMENTS_AND_SHELL.match(text, 4)):
            return "RUN " + text[found.end() :].strip()
        return text
    if found := _ARGUMENTS_AND_SHELL.match(text):
        return "RUN " + text[found.end() :].strip()
    return text


def line_up(history: Sequence[History], layer_count: int) -> tuple[tuple[Step, ...], str]:
    """Which layer each step made, and a warning where that cannot be told (else an empty text).

    History is optional and need not match the layers (config.md), so the two are joined only when the steps that made
    a layer are as many as the layers. Builders that flag nothing as empty are met by leaving out the
    instructions that cannot make one.
    """
    commands = [clean_command(step.created_by) for step in history]
    flagged = [not step.empty_layer for step in history]
    if sum(flagged) == layer_count:
        return _steps(history, commands, flagged), ""
    deduced = [made and not _NO_LAYER.match(command) for made, command in zip(flagged, commands, strict=True)]
    if not history:
        return (), ""
    problem = f"the history has {sum(flagged)} steps that made a layer, the image has {layer_count} layers"
    if layer_count and sum(deduced) == layer_count:
        return _steps(history, commands, deduced), f"{problem}; steps that cannot make one were left out"
    return _steps(history, commands, [False] * len(history)), f"{problem}; which command made which layer is unknown"


def _steps(history: Sequence[History], commands: Sequence[str], made_layer: Sequence[bool]) -> tuple[Step, ...]:
    layer = 0
    steps: list[Step] = []
    for past, command, made in zip(history, commands, made_layer, strict=True):
        steps.append(Step(command, past.created, layer if made else None))
        layer += made
    return tuple(steps)
