"""What is printed is what was said."""

from __future__ import annotations

import pytest

from workbench.cli.output import print_table, say


def test_codes_between_colons_are_no_emoji(capsys: pytest.CaptureFixture[str]) -> None:
    say("always:b: 3 rows [of 5]")
    print_table("title", ["policy"], [["always:b: 3"]])
    printed = capsys.readouterr()
    assert "always:b: 3 rows [of 5]" in printed.err
    assert "always:b: 3" in printed.out
