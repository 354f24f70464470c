"""A live model that went live so many days ago, or none is live."""

from __future__ import annotations

from workbench.jobs.trigger import Answer, Question
from workbench.store import models

UNIT = "days"
DEFAULT: float | None = 30.0


def look(question: Question) -> Answer:
    ages = []
    for kind in question.models:
        live = next((model for model in models.of_type(question.connection, kind) if model.is_active), None)
        if live is None:
            return Answer(True, f"No {kind} is live.")
        days = (question.now - (live.deployed_at or live.created_at)).total_seconds() / 86400
        ages.append((days, live.name))
    days, name = max(ages)
    why = f"{name} went live {days:.1f} days ago; it is retrained after {question.threshold:g}."
    return Answer(days >= question.threshold, why)
