"""Discovery: `coreframe list-components --json` beside 200 installed plugin distributions.

It is compared with a trivial typer command, which is what any command line costs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from statistics import median

from timing import print_target, time_interleaved

DISTRIBUTIONS, COMPONENTS = 200, 5
TARGET = 0.15  # seconds more than the trivial command

TRIVIAL = """\
import json
import typer

def main(as_json: bool = False) -> None:
    typer.echo(json.dumps({"schema": 1, "components": []}))

typer.run(main)
"""


def install(folder: Path) -> None:
    """Metadata as pip writes it, with the long description that most distributions have."""
    for number in range(DISTRIBUTIONS):
        name = f"zoo_{number:03d}"
        metadata = folder / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {name.replace('_', '-')}\nVersion: 1.0\n"
            "Requires-Python: >=3.11\nRequires-Dist: coreframe<0.2,>=0.1\nRequires-Dist: torch\n"
            f"Description-Content-Type: text/markdown\n\n{'A line of a README. ' * 400}\n"
        )
        lines = [f"Layer{number}x{index} = {name}:Layer{index}" for index in range(COMPONENTS)]
        (metadata / "entry_points.txt").write_text(
            "[coreframe.modules]\n" + "\n".join(lines) + "\n"
        )
        (metadata / "RECORD").write_text("")
        (folder / f"{name}.py").write_text("raise RuntimeError('listing imported a plugin')\n")


def main() -> None:
    script = Path(sysconfig.get_path("scripts")) / "coreframe"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "site").mkdir()
        install(folder / "site")
        (folder / "trivial.py").write_text(TRIVIAL)
        env = os.environ | {"PYTHONPATH": str(folder / "site")}

        def run(*command: str) -> str:
            done = subprocess.run(
                command, env=env, cwd=folder, check=True, capture_output=True, text=True
            )
            return done.stdout

        listing = (sys.executable, str(script), "list-components", "--json")
        trivial = (sys.executable, str(folder / "trivial.py"), "--as-json")
        rows = json.loads(run(*listing))["components"]
        found = sum(row["distribution"].startswith("zoo-") for row in rows)
        assert found == DISTRIBUTIONS * COMPONENTS, found  # noqa: S101  # else it times nothing
        seconds = time_interleaved(
            {"list-components --json": lambda: run(*listing), "trivial": lambda: run(*trivial)}
        )
    for label, times in seconds.items():
        print(f"{label:28s} {1e3 * median(times):8.1f} ms")
    difference = median(a - b for a, b in zip(*seconds.values(), strict=True))
    print_target(f"seconds more with {DISTRIBUTIONS} distributions", difference, TARGET)


if __name__ == "__main__":
    main()
