"""What is documented exists, and what exists is documented."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.main import VERBS, cli
from workbench.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_helps(verb: str) -> None:
    answer = CliRunner().invoke(cli, [verb, "--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_documented_in_its_own_words(field: str) -> None:
    row = next(
        line for line in (ROOT / "docs/settings.md").read_text().splitlines() if f"`WORKBENCH_{field.upper()}`" in line
    )
    assert Settings.model_fields[field].description in row


def test_the_readme_names_only_targets_and_verbs_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README)) - {"nothing"} <= targets
    assert set(re.findall(r"`(?:\.venv/bin/)?workbench ([a-z-]+)", README)) <= set(VERBS)


def test_the_readmes_options_exist() -> None:
    shown = re.findall(r"^\$ workbench ([\w-]+)(.*)$", README, re.MULTILINE)
    for verb, rest in shown:
        helped = CliRunner().invoke(cli, [verb, "--help"]).output
        assert all(option in helped for option in re.findall(r"--[a-z-]+", rest)), verb


def test_the_benchmarks_that_documents_show_have_these_options() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")]
    shown = re.findall(
        r"^\$ python benchmarks/(\w+\.py)(.*)$", "\n".join(page.read_text(encoding="utf-8") for page in pages), re.M
    )
    assert shown
    for script, rest in shown:
        known = (ROOT / "benchmarks" / script).read_text(encoding="utf-8")
        assert all(f'"{option}"' in known for option in re.findall(r"--[a-z-]+", rest)), (script, rest)


def test_links_in_the_documents_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("mlflow/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_default_target_lists_the_targets() -> None:
    listed = subprocess.run(["make", "-s", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert all(f"make {target}" in listed for target in ("setup", "demo", "test", "lab", "bench", "check"))


def test_ci_runs_the_readmes_test_command_and_the_checks() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert "$ make test" in README
    assert re.findall(r"^make \w+", script, re.MULTILINE) == ["make test", "make check"]


def test_counts_in_the_readme_are_those_of_the_corpus() -> None:
    prompts = sum(len(path.read_text().splitlines()) for path in (ROOT / "data/starter/prompts").glob("*.jsonl"))
    assert f"{prompts:,} labelled prompts" in README
