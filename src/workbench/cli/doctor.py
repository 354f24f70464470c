"""`workbench doctor`."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from workbench.cli.output import json_option, print_json
from workbench.settings import read_settings

SIGNS = {"ok": "ok", "problem": "PROBLEM", "note": "note"}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Look for what is wrong and say what to do. Starts and changes nothing.

    Exit code 1 when a check fails.
    """
    from workbench.jobs.doctor import examine, healthy

    findings = examine(read_settings())
    if as_json:
        print_json({"healthy": healthy(findings), "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{SIGNS[finding.state]:<9}{finding.name:<21}{finding.found}")
            if finding.advice:
                click.echo(f"{'':<9}{finding.advice}")
        failed = sum(finding.state == "problem" for finding in findings)
        click.echo(f"\n{failed} of {len(findings)} checks failed." if failed else "\nEverything is as it should be.")
    if not healthy(findings):
        sys.exit(1)
