"""`layertui doctor`: look for every source of this host, ask each, and print what came of it."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from layertui.console import print_json, print_lines
from layertui.present.doctor import Finding, doctor_json, doctor_lines
from layertui.present.safetext import safe
from layertui.progress import ProgressLine
from layertui.sources.base import Source
from layertui.sources.host import Answer, look, open_all, typed_scheme
from layertui.sources.place import Environ, Place

VARIABLES = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"),
    *("COLIMA_HOME", "LIMA_HOME", "CONTAINER_HOST"),
    *("CONTAINERS_STORAGE_CONF", "STORAGE_DRIVER", "STORAGE_OPTS"),
    *("CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE"),
    *("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
)
"""What decides where is looked."""


def diagnose(*, as_json: bool = False) -> None:
    """Print what was looked for, what answered, and what is in the way.

    Ends with exit code 0 whatever was found: to find nothing is an answer too. `layertui ls` tells by its exit code
    whether there is something to list.
    """
    findings = examine(look(os.environ))
    variables = variables_of(os.environ)
    if as_json:
        print_json(doctor_json(findings, variables, _user()))
    else:
        print_lines(doctor_lines(findings, variables, _user()))


def examine(places: Sequence[Place]) -> list[Finding]:
    """Ask all places at once; in their order, those included that are not there."""
    with ProgressLine() as progress:
        asked = open_all(places, waiting=lambda name: progress.show(f"waiting for {safe(name)}"))
        return [_finding(place, next(asked) if place.found else None) for place in places]


def _finding(place: Place, answer: Answer | None) -> Finding:
    looked = Finding(place.name, typed_scheme(place), place.where, place.found, place.said, place.hint)
    if answer is None:
        return looked
    if answer.source is None:
        return replace(looked, problem=answer.problem)
    kinds = [entry.kind for entry in answer.entries]
    broken = [entry.problem.message for entry in answer.entries if entry.kind == "broken" and entry.problem is not None]
    return replace(
        looked,
        images=kinds.count("image"),
        containers=kinds.count("container"),
        facts=facts_of(answer.source),
        notes=tuple(dict.fromkeys((*answer.source.warnings, *broken))),
    )


def facts_of(source: Source) -> tuple[tuple[str, str], ...]:
    """What a source says of itself, pairs of name and value, where it has `facts`; files have none to tell."""
    facts: tuple[tuple[str, str], ...] = getattr(source, "facts", ())
    return facts


def variables_of(environ: Environ) -> list[tuple[str, str | None]]:
    """The variables that decide where is looked, with their values."""
    return [(name, environ.get(name)) for name in VARIABLES]


def _user() -> str:
    """As whom this process runs, since that decides what may be read."""
    if sys.platform == "win32":
        return os.environ.get("USERNAME", "an unknown user")
    return "root" if os.geteuid() == 0 else f"user {os.geteuid()}, groups {', '.join(map(str, sorted(os.getgroups())))}"
