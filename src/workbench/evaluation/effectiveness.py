"""How well each technique works for each intent, from logged decisions and their outcomes.

A cell's score is the mean reward that is to be expected if the technique is among those applied to the decisions of an
intent and everything below it. Decisions were not made at random, so outcomes are weighted by the probability with
which the technique was chosen (``cells``), and cells are pooled over the intent tree, techniques and language models
(``pooling``): a hierarchical Bayes model whose variances are estimated with it.

A **set** of techniques is not taken apart: each of its techniques gets the outcome of the set, weighted by the
probability of being in the set. The score is thus that of a technique in the company in which it is usually applied,
which is what was measured; what it adds to a given set is a question for the selector's model.

A decision without an intent counts for the root "" and so for what all intents share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.adjustments import adjustments
from workbench.evaluation.effectiveness_table import COLUMNS, cell_table
from workbench.evaluation.inclusion import inclusion
from workbench.evaluation.log_cells import OTHER, lay_out, measure_log, words
from workbench.evaluation.outcomes import PropensitySource
from workbench.evaluation.pooling import Effort, pool
from workbench.evaluation.support import Thresholds, overlap
from workbench.records import DecisionLog

Tick = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Estimates:
    """``table`` has one row a node of the tree (the root's ``intent`` is ""), technique and language model ("" for all
    of them together; single ones where the log has several), for techniques applied at least once in the node's branch,
    of a single model at least once in the node:

    ``score``, ``standard_error``, ``low``, ``high``: mean reward, its posterior error and 95 % interval, 0 to 1.
    ``confidence``: the reliability of the cell's own outcomes, n / (n + s^2 / tau^2) with n the effective size, s^2 a
        reward's variance and tau^2 how far techniques differ there before any outcome: 0 says that the score is all
        inherited, near 1 that it is all measured here.
    ``sample_size``, ``effective_n``: outcomes of the technique in the node and below, and how many independent, equally
        weighted ones would tell as much; ``decisions``: all decisions there, whatever was applied.
    ``overlap``: share of the node's decisions for which the technique could have been chosen and left out.
    ``real_world_performance``: plain mean of those rewards, None without any.
    ``complexity_adjustment``: {"1" … "5": what to add to the score at that complexity}, levels with outcomes only.
    ``domain_adjustments``: the same for domains; both None where no outcome says.
    ``lift``, ``lift_low``, ``lift_high``: the score less the mean over the techniques at that node, with its interval;
        NaN for single models.
    ``refused``: why the score may not be written down, None where it may.

    ``r_hat`` says whether the draws settled (1: they did), ``correlation`` how alike two outcomes of a prompt are.
    """

    table: pd.DataFrame
    source: PropensitySource
    r_hat: float
    correlation: float


def estimate_effectiveness(
    log: DecisionLog,
    base: Mapping[str, float],
    intents: Sequence[str] = (),
    least: Thresholds | None = None,
    effort: Effort | None = None,
    tick: Tick = lambda *_: None,
) -> Estimates:
    """``base`` gives the curated effectiveness by code, ``intents`` the taxonomy; without one, the log's own paths.

    ``tick`` is told how many sweeps of how many are done, and at what.
    """
    least, effort = least or Thresholds(), effort or Effort()
    total = effort.total + 2 * effort.lighter.total
    tick(0, total, "propensities")
    found = inclusion(log, effort.seed)
    layout = lay_out(log, found, intents)
    codes = [log.techniques[column] for column in layout.columns]
    if not codes:
        return Estimates(pd.DataFrame(columns=list(COLUMNS)), found.source, 1.0, 0.0)
    prior = np.array([base[code] for code in codes])
    cells = measure_log(log, found, layout, least.floor)
    pooled = pool(layout.ladder, cells, prior, effort, lambda sweep: tick(sweep, total, "scores"))
    adjusted = {}
    for round_, (name, names) in enumerate(_groupings(log).items()):
        tick(effort.total + round_ * effort.lighter.total, total, name.replace("_", " "))
        grouped = layout.regrouped(names)
        adjusted[name] = adjustments(measure_log(log, found, grouped, least.floor), grouped, prior, effort.lighter)
    tick(total, total, "")
    table = cell_table(codes, layout, cells, pooled, overlap(log, found, layout, least.floor), adjusted, least)
    return Estimates(table, found.source, pooled.cells.r_hat, float(cells.correlation[0]))


def _groupings(log: DecisionLog) -> dict[str, pd.Series]:
    level = log.frame["complexity"].map(lambda known: OTHER if np.isnan(known) else str(int(known)))
    return {"complexity_adjustment": level, "domain_adjustments": words(log.frame["domain"])}
