"""A recipe whose options were chosen by a search on its training rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workbench.jobs.search import search, study_of
from workbench.jobs.workspace import Workspace
from workbench.models.intent_space import intent_space
from workbench.models.kernel_choice import METHOD, KernelObjective
from workbench.models.search import Found
from workbench.records import Budget, Recipe, Split, TrainingSet

# How many trials a budget has unless somebody says otherwise.
TRIALS: dict[Budget, int] = {"quick": 0, "standard": 16, "thorough": 30}


def budget_of(recipe: Recipe) -> Budget:
    budget: Budget = recipe.options.get("budget", "standard")
    return budget


def trials_of(recipe: Recipe) -> int:
    return TRIALS[budget_of(recipe)] if recipe.model_type == "intent_classifier" else 0


def tune(
    workspace: Workspace,
    run_id: str,
    recipe: Recipe,
    training_set: TrainingSet,
    split: Split,
    trials: int,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Recipe, Found]:
    """The recipe of an intent classifier with the options that did best on training rows left out in turn.

    What the recipe sets by hand stays. The test split is not looked at.

    Raises:
        SearchFailed, DatabaseUnreachable, SchemaNotCreated, StudiesUnusable
    """
    searched = _without_tuning(recipe)
    space = tuple(part for part in intent_space(budget_of(searched)) if part.name not in recipe.options)
    study = study_of(searched, training_set, METHOD)
    learnt = split.learnt
    objective = KernelObjective(learnt.X, learnt.y, budget_of(searched), recipe.seed, split.is_prompt)

    def tick(done: int, total: int, what: str) -> None:
        tell(f"trial {done} of {total}, {what}" if done else what)

    found = search(workspace, run_id, study, space, objective, trials, recipe.seed, tick)
    return replace(recipe, options={**recipe.options, **found.parameters}), found


def choose(
    workspace: Workspace,
    run_id: str,
    recipe: Recipe,
    training_set: TrainingSet,
    split: Split,
    trials: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Recipe, Found | None]:
    """``tune`` with as many trials as asked for, or as the budget has; the recipe as it is where that is none."""
    trials = trials_of(recipe) if trials is None else trials
    if not trials:
        return recipe, None
    tell("searching")
    return tune(workspace, run_id, recipe, training_set, split, trials, tell)


def _without_tuning(recipe: Recipe) -> Recipe:
    """A fine-tuned encoder costs minutes and what stands beside it has the same parameters: those are searched alone,
    as for the standard budget."""
    if budget_of(recipe) != "thorough":
        return recipe
    return replace(recipe, options={**recipe.options, "budget": "standard"})
