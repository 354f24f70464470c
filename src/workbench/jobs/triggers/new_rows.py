"""So many more validated prompts than at the last finished retraining."""

from __future__ import annotations

from workbench.jobs.trigger import Answer, Question
from workbench.store import schedules

UNIT = "prompts"
DEFAULT: float | None = 500.0


def look(question: Question) -> Answer:
    rows = schedules.validated_rows(question.connection, question.version)
    before = question.last.validated_rows if question.last else 0
    since = f"{before:,} at the last retraining" if question.last else "none was retrained on before"
    more = rows - before
    why = (
        f"{question.version} has {rows:,} validated prompts, {since}: {more:,} new, {question.threshold:g} are needed."
    )
    return Answer(more >= question.threshold, why)
