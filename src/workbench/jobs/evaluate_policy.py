"""Compare policies on the decisions that were logged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.db.connection import connect
from workbench.db.migrations import check_migrated
from workbench.errors import MisuseError, NoOverlap
from workbench.evaluation.off_policy import Estimator, logged_of
from workbench.evaluation.overlap import overlap_table
from workbench.evaluation.policies import LOGGED, RULES, by_name, first_supported, token_prices
from workbench.evaluation.policy_values import PolicyValue, judge_policies
from workbench.evaluation.propensity import Propensities, estimate_propensities
from workbench.evaluation.reward_model import Tick, learn
from workbench.jobs.policy_order import (
    PolicyOrder,
    arms_of,
    names_of,
    paid_for,
    part_of,
    prices_of,
    questions_of,
)
from workbench.plots.policies import values_with_intervals
from workbench.store import decisions, training


@dataclass(frozen=True)
class PolicyEvaluation:
    """``values`` of the policies asked for, the best first; ``frame`` the decisions; ``left_out`` arms with too little
    support and how many decisions each has; ``passed_over`` the share of decisions for which the rules' first choice
    has no support; ``overlap`` as ``overlap_table`` has it."""

    order: PolicyOrder
    values: tuple[PolicyValue, ...]
    frame: pd.DataFrame
    found: Propensities
    left_out: dict[str, int]
    passed_over: float
    overlap: pd.DataFrame

    @property
    def n_synthetic(self) -> int:
        return int(self.frame["is_synthetic"].sum())

    @property
    def n_prompts(self) -> int:
        return int(self.frame["prompt"].nunique())

    def as_json(self) -> dict[str, Any]:
        """See docs/json.md."""
        found = self.found
        return {
            "estimator": self.order.estimator,
            "cost_weight": self.order.cost_weight,
            "decisions": len(self.frame),
            "prompts": self.n_prompts,
            "synthetic": self.n_synthetic,
            "language_models": sorted(set(self.frame["language_model"])),
            "logged_by": sorted(set(self.frame["policy"])),
            "propensities": {"source": found.source, "model": found.estimated_by, "floor": found.floor},
            "arms": [_finite(row) for row in self.overlap.to_dict("records")],
            "left_out": self.left_out,
            "policies": [_as_row(value) for value in self.values],
            "warnings": warnings_of(self),
        }


def evaluate_policies(url: str, order: PolicyOrder, tick: Tick = lambda *_: None) -> PolicyEvaluation:
    """
    Raises:
        SchemaNotMigrated: the database lacks migrations.
        OutcomesMissing: no decision with a known outcome.
        LogUnknown: none of this language model or logged by this policy.
        PolicyUnknown: a policy that there is not.
        CostsUnknown: a cost weight, and arms whose tokens nobody logged.
        NoSupport: no arm with enough decisions, or a single prompt.
        NoOverlap: the log can say nothing of any policy asked for.
    """
    check_migrated(url)
    with connect(url) as connection:
        log = part_of(decisions.read_log(connection), order)
        arms, left_out = arms_of(log, order.min_support)
        names = names_of(order.policies, arms)
        questions = questions_of(log.frame)
        rankings = training.optimal_techniques(connection, questions)
    found = estimate_propensities(log, arms, order.seed)
    tokens = token_prices(log.frame, arms)
    prices = prices_of(tokens, arms, order.cost_weight)
    learnt = learn(log, arms, found, prices, tick)
    ranked, passed = first_supported(rankings, questions, arms)
    logged = logged_of(log.frame["reward"].to_numpy(float) - paid_for(log, found, prices, order.cost_weight), found)
    own_tokens = float(log.frame["cost_tokens"].mean())
    policies = by_name(arms, learnt, ranked)
    judged = judge_policies(policies, logged, learnt.rewards - prices, tokens, own_tokens, order.estimator)
    values = _wanted(judged, names, order.estimator)
    if all(value.problem for value in values if value.name != LOGGED) and {v.name for v in values} != {LOGGED}:
        raise NoOverlap(problems="; ".join(f"{value.name}: {value.problem}" for value in values if value.problem))
    return PolicyEvaluation(order, values, log.frame, found, left_out, float((passed > 0).mean()), overlap_table(found))


def _wanted(judged: Sequence[PolicyValue], names: frozenset[str], by: Estimator) -> tuple[PolicyValue, ...]:
    """The best first; what the log cannot say of last."""
    chosen = [value for value in judged if value.name in names]
    return tuple(sorted(chosen, key=lambda v: (bool(v.problem), -np.nan_to_num(v.estimates[by].point, nan=-np.inf))))


def figure_path(path: Path) -> Path:
    """
    Raises:
        MisuseError: not a .png or .svg in a folder that exists.
    """
    if path.suffix.lower() not in {".png", ".svg"} or not path.parent.is_dir():
        raise MisuseError(detail=f"--figure: cannot draw {path}. Expected a .png or .svg in a folder that exists.")
    return path


def draw_to(path: Path, result: PolicyEvaluation) -> None:
    figure = values_with_intervals(result.values, result.order.estimator, result.n_synthetic > 0)
    figure.savefig(path)


def warnings_of(result: PolicyEvaluation) -> list[str]:
    """What a reader has to know before believing the figures."""
    found, rows = result.found, len(result.frame)
    said = [f"{result.n_synthetic} of {rows} decisions are SYNTHETIC"] if result.n_synthetic else []
    if found.source != "recorded":
        share = 1 - found.was_recorded.mean()
        said.append(
            f"the propensities of {share:.0%} of the decisions are estimated ({found.model}): whatever else swayed the "
            "choice biases every estimate"
        )
    models = sorted(set(result.frame["language_model"]))
    if len(models) > 1:
        said.append(f"{len(models)} language models together ({', '.join(models)}); --language-model NAME takes one")
    if result.left_out:
        few = f"{len(result.left_out)} arms with fewer than {result.order.min_support} decisions"
        said.append(f"{few} are left out ({sum(result.left_out.values())} decisions)")
    if result.passed_over and any(value.name == RULES for value in result.values):
        share = f"for {result.passed_over:.0%} of the decisions the first choice has no support"
        said.append(f"{RULES}: {share}, and the next that has any stands for it")
    said += [f"{value.name}: no interval, {value.problem}" for value in result.values if value.problem]
    return said


def _as_row(value: PolicyValue) -> dict[str, Any]:
    weights = value.weights
    return _finite(
        {
            "policy": value.name,
            "estimates": {
                name: _finite(
                    {
                        "value": one.point,
                        "standard_error": one.standard_error,
                        "low": one.low,
                        "high": one.high,
                        "switched": one.switched,
                    }
                )
                for name, one in value.estimates.items()
            },
            "tokens": value.tokens,
            "over_best_fixed": _finite(vars(value.over_fixed)),
            "over_best_per_intent": _finite(vars(value.over_intent)),
            "weights": weights and vars(weights) | {"mean": _finite(vars(weights.mean))},
            "problem": value.problem or None,
        }
    )


def _finite(row: Mapping[Any, Any]) -> dict[str, Any]:
    """JSON has no NaN."""
    return {str(k): None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
