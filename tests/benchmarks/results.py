"""What a row of the table says, how it is judged, and the table itself."""

import dataclasses
import json
import os
import platform
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.benchmarks.measure import Ratio

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
"""Between these lines of README.md stands what the program writes."""


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table, as text."""

    work: str
    ours: str
    against: str
    """The figure that ours is measured against; empty where the budget is absolute."""
    ratio: str
    budget: str
    verdict: str
    """`met`, or by how much not."""
    remark: str = ""


def over(value: float, budget: float) -> str:
    """How a value stands to the most that it may be."""
    return "met" if value <= budget else f"missed by {value / budget - 1:.0%}"


def ratio_result(work: str, ratio: Ratio, budget: float, against: str, remark: str = "") -> Result:
    """A row for two things that were run in turn; both clocks count, and where they differ both verdicts are given."""
    by_clock, by_cpu = over(ratio.wall, budget), over(ratio.cpu, budget)
    verdict = by_clock if by_clock == by_cpu else f"CPU {by_cpu}, wall {by_clock}"
    return Result(
        work,
        f"{ratio.ours.wall_s:.2f} s, CPU {ratio.ours.cpu_s:.2f} s",
        f"{against}: {ratio.theirs.wall_s:.2f} s, CPU {ratio.theirs.cpu_s:.2f} s",
        f"{ratio.wall:.2f}, CPU {ratio.cpu:.2f}",
        f"at most {budget:g} times",
        verdict,
        remark or f"median of {ratio.rounds}",
    )


def bytes_result(work: str, size: float, budget: float, remark: str = "") -> Result:
    """A row for bytes that are sent."""
    return Result(work, f"{size:,.0f} B", "", "", f"{budget:,.0f} B", over(size, budget), remark)


def save(directory: Path, name: str, rows: list[Result]) -> None:
    """Keep a row's results, so that rows can be measured one by one."""
    kept = directory / "results"
    kept.mkdir(exist_ok=True)
    document = {
        "date": date.today().isoformat(),
        "load": os.getloadavg()[0],
        "rows": list(map(dataclasses.asdict, rows)),
    }
    (kept / f"{name}.json").write_text(json.dumps(document, indent=1))


def machine() -> str:
    """What the figures were measured on."""
    model = next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), "unknown")
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, {system}"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


def table(directory: Path, names: list[str]) -> str:
    """All results that are kept, as Markdown, in the order of `names`."""
    lines = [
        f"Measured on {machine()}.",
        "",
        "| work | ours | against | ratio | budget | verdict | remark |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in names:
        file = directory / "results" / f"{name}.json"
        if file.exists():
            document = json.loads(file.read_text())
            for row in document["rows"]:
                cells = [row[field.name] for field in dataclasses.fields(Result)]
                cells[-1] = "; ".join(part for part in (cells[-1], document["date"]) if part)
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def write_table(readme: Path, text: str) -> None:
    """Put the table into README.md, between its two marks."""
    before, _, rest = readme.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
