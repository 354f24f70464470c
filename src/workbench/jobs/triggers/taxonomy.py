"""Other intents than at the last finished retraining."""

from __future__ import annotations

from workbench.jobs.trigger import Answer, Question
from workbench.store import retraining

UNIT = ""
DEFAULT: float | None = None


def look(question: Question) -> Answer:
    now = retraining.taxonomy(question.connection)
    if question.last is None:
        return Answer(True, f"The taxonomy ({now[:12]}) has not been retrained on yet.")
    before = question.last.taxonomy
    if now == before:
        return Answer(False, f"The taxonomy is the same as at the last retraining ({now[:12]}).")
    return Answer(True, f"The taxonomy has changed since the last retraining, from {before[:12]} to {now[:12]}.")
