"""All code in the documents runs, and what they show is what comes out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, read_blocks

from coreframe.testing import CHECKS

BIN = Path(sys.executable).parent
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

COUNTS = re.compile(r"(\d+) passed(?:, (\d+) skipped)? in")


def run(command: list[str], cwd: Path, target: Path | None = None) -> str:
    environment = dict(os.environ, PYTHONWARNINGS="error", COLUMNS="100")
    environment["PATH"] = f"{BIN}:{environment['PATH']}"
    if target is not None:
        environment["PYTHONPATH"] = str(target)
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} in {cwd}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_python_of_each_document_runs_from_top_to_bottom(name: str, tmp_path: Path) -> None:
    blocks = [b.text for b in read_blocks(ROOT / name) if b.language == "python" and not b.file]
    if blocks:
        (tmp_path / "document.py").write_text("\n".join(blocks), encoding="utf-8")
        run([sys.executable, "document.py"], tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_blocks_are_of_a_kind_that_is_tested(name: str) -> None:
    for block in read_blocks(ROOT / name):
        assert block.language in ("", "console", "python", "toml"), block.text
        if block.language == "toml":
            tomllib.loads(block.text)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for link in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / link).exists(), f"{name} links to {link}"


def test_the_make_targets_of_the_documents_exist() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    targets = set(re.findall(r"\bmake ([a-z][a-z-]*)\b", text)) & {
        *re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    }
    assert {"reproduce", "test", "check", "bench"} <= targets
    for target in targets:
        run(["make", "--dry-run", target], ROOT)


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tutorial's plugin, written out and installed: its sources, and where it is."""
    folder, target = tmp_path_factory.mktemp("tutorial"), tmp_path_factory.mktemp("installed")
    for block in read_blocks(ROOT / "docs" / "write-a-plugin.md"):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    sources = folder / "coreframe-swish"
    run([*pip, "--no-build-isolation", "--target", str(target), str(sources)], folder)
    return sources, target


@pytest.mark.long
def test_the_tutorials_plugin_passes_its_own_tests(tutorial: tuple[Path, Path]) -> None:
    sources, target = tutorial
    out = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], sources, target)
    (passed, skipped), checks = COUNTS.findall(out)[0], sum(c.kind == "module" for c in CHECKS)
    assert int(passed) + int(skipped or 0) == checks


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n == "README.md" else pytest.mark.long) for n in NAMES]
)
def test_the_commands_of_each_document_work(
    name: str, tutorial: tuple[Path, Path], tmp_path: Path
) -> None:
    """Each `$ command`; what a document shows below it is what the command prints."""
    for block in read_blocks(ROOT / name):
        if block.language != "console":
            continue
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            out = run(["bash", "-c", command], tmp_path, tutorial[1] if block.plugin else None)
            assert out.strip(), f"{command} prints nothing"
            if shown.strip():
                assert [line.rstrip() for line in out.strip().splitlines()] == [
                    line.rstrip() for line in shown.strip().splitlines()
                ]
