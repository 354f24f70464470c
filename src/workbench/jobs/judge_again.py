"""A champion on data that it has not learnt from, where its own record is of other prompts."""

from __future__ import annotations

from dataclasses import replace

from workbench.db.connection import connect
from workbench.errors import RunUnknown
from workbench.evaluation.gate import Candidate
from workbench.jobs.answers import answers_on, fitted_of, recorded_answers, rows_of
from workbench.jobs.ground import Ground
from workbench.jobs.workspace import Workspace
from workbench.records import Fitted
from workbench.store import models
from workbench.store.models import Model


class NotComparable(Exception):
    """Why it is no fair comparison."""


def judge_again(workspace: Workspace, champion: Model, known: Candidate, ground: Ground) -> Candidate:
    """``known`` with the champion's answers on those test prompts of ``ground`` that it has not learnt from, or with
    the reason why nobody can have them."""
    training_set, test = ground.training_set, ground.test
    try:
        fitted = fitted_of(workspace, champion)
        _check_comparable(champion, fitted, ground)
        unseen = _unseen(workspace, champion, training_set.version)
        places = [place for place, identity in enumerate(test.ids) if identity in unseen]
        if not places:
            raise NotComparable("it has learnt from every one of them")
        found = answers_on(workspace, champion, fitted, rows_of(test, places))
    except NotComparable as exc:
        return replace(known, unmet=str(exc))
    except Exception as exc:  # the file may come from another version of the workbench, and fail in any way
        return replace(known, unmet=f"it cannot answer ({type(exc).__name__}: {str(exc).rstrip('.')})")
    again = f"of {training_set.version} that it had not learnt from"
    return replace(known, predictions=found, labels=fitted.labels, again=again)


def _check_comparable(champion: Model, fitted: Fitted, ground: Ground) -> None:
    training_set = ground.training_set
    space = champion.parameters.get("embedding_space")
    if space != training_set.embedding_space:
        raise NotComparable(f"it looks at embeddings of {space}, the data have those of {training_set.embedding_space}")
    if "layers" in getattr(fitted.estimator, "feature_names_in_", ()) and training_set.layers is None:
        raise NotComparable("the data lack the vectors of the encoder's lower layers")
    if champion.model_type == "technique_selector" and fitted.labels != ground.codes:
        raise NotComparable("the techniques have changed since it was trained")


def _unseen(workspace: Workspace, champion: Model, version: str) -> set[str]:
    """Ids of test prompts that cannot have been among what the champion learnt from."""
    with connect(workspace.url) as connection:
        if champion.dataset_version == version:
            return models.unseen_same_version(connection, champion, _tested(workspace, champion))
        there = models.training_rows(connection, champion.dataset_version)
        if there < max(champion.training_samples, 1):
            raise NotComparable(
                f"nobody knows what it learnt from: of {champion.training_samples:,} training prompts of "
                f"{champion.dataset_version} {there:,} are left"
            )
        return models.unseen_other_version(connection, version, champion.dataset_version)


def _tested(workspace: Workspace, champion: Model) -> list[str]:
    try:
        return [str(identity) for identity in recorded_answers(workspace, champion)["id"]]
    except RunUnknown:
        return []
