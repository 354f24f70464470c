"""`workbench recommend`: which techniques for a prompt, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import pandas as pd

from workbench.db.connection import connect
from workbench.errors import NothingAllowed, PromptEmpty, UserUnknown
from workbench.jobs import data
from workbench.jobs.decisions import log_decision
from workbench.jobs.encoder import SentenceEncoder, find_encoder
from workbench.jobs.predict import frame_of
from workbench.jobs.recommended import Asked, Recommended, Seen
from workbench.jobs.selector_evidence import described_as, tokens_of
from workbench.jobs.understanding import Live, check_intent, complexity_of, intents_of, live_model
from workbench.jobs.workspace import Workspace
from workbench.models.outcome_model import OutcomeModel
from workbench.models.selector import TechniqueSelector
from workbench.models.selector_choice import Choice, Question, choose
from workbench.models.selector_policy import exploring
from workbench.models.selector_reasons import ranked_techniques, why_chosen
from workbench.models.selector_rules import Allowed, allowed_techniques
from workbench.records import Decided, Fitted, Technique
from workbench.store.users import likes_of

POLICY = "technique_selector"


def recommend(workspace: Workspace, asked: Asked, log: bool = False) -> Recommended:
    """Ask the live models, choose, and where asked to, write the decision into the log.

    Raises:
        PromptEmpty, IntentUnknown, UserUnknown, ModelNotLive, ModelFileRefused, NothingAllowed, FloorTooHigh
    """
    if not asked.prompt.strip():
        raise PromptEmpty
    live = live_model(workspace, "technique_selector", "it ranks the techniques")
    encoder = find_encoder(workspace.settings)
    seen = _see(workspace, encoder, live, asked)
    techniques = data.load_techniques(workspace.url)
    found = decide_for(workspace, live.fitted, techniques, seen, asked)
    return replace(found, decision_id=_log(workspace, encoder, live, found, seen, asked)) if log else found


def decide_for(
    workspace: Workspace, fitted: Fitted, techniques: Sequence[Technique], seen: Seen, asked: Asked
) -> Recommended:
    """What a fitted selector makes of a prompt that the models have seen.

    Raises:
        NothingAllowed, FloorTooHigh
    """
    allowed = allowed_techniques(techniques, len(asked.prompt), asked.examples, asked.experimental)
    if not allowed.sets:
        reasons = "; ".join(f"{code} {reason}" for code, reason in allowed.excluded.items())
        raise NothingAllowed(reasons=reasons or "there is no active one")
    model, question = _ask(workspace, fitted, techniques, seen, asked)
    choice = choose(fitted.estimator[-1], model, allowed, question)
    return _decide(fitted, choice, allowed, question, techniques, seen, asked)


def _see(workspace: Workspace, encoder: SentenceEncoder, live: Live, asked: Asked) -> Seen:
    names = [live.name]
    if asked.intent is not None:
        check_intent(workspace.url, asked.intent)
        intents: Mapping[str, float] = {asked.intent: 1.0}
    else:
        intents, name = intents_of(workspace, encoder, asked.prompt)
        names.append(name)
    complexity = float(asked.complexity or 0)
    if asked.complexity is None:
        complexity, name = complexity_of(workspace, encoder, asked.prompt)
        names.append(name)
    likes = None
    if asked.user is not None:
        with connect(workspace.url) as connection:
            likes = likes_of(connection, asked.user)
        if likes is None:
            raise UserUnknown(user=asked.user)
    frame = frame_of(live.fitted.estimator, [asked.prompt], encoder)
    return Seen(frame, intents, complexity, likes, tuple(names))


def _ask(
    workspace: Workspace, fitted: Fitted, techniques: Sequence[Technique], seen: Seen, asked: Asked
) -> tuple[OutcomeModel, Question]:
    """The selector's outcome model, knowing techniques that came after it, and the question to it."""
    selector: TechniqueSelector = fitted.estimator[-1]
    known = {str(code): at for at, code in enumerate(selector.classes_)}
    new = [technique for technique in techniques if technique.code not in known]
    described, guessed = described_as(workspace.settings, new), tokens_of(workspace.url, new)
    labels = fitted.estimator.predict_proba(seen.frame)
    prompts = np.stack(seen.frame["embedding"].to_list()).astype(np.float64)
    said = dict(zip(known, labels[0].tolist(), strict=True))
    if new:
        late = selector.newcomer_proba(labels, prompts, described)
        said |= {technique.code: float(late[0, at]) for at, technique in enumerate(new)}
    tokens = dict(zip(known, selector.tokens_.tolist(), strict=True))
    seconds = dict(zip(known, selector.seconds_.tolist(), strict=True))
    codes, priors = [technique.code for technique in new], [technique.base_effectiveness for technique in new]
    model = selector.outcomes_.knowing(codes, priors, described)
    context = pd.DataFrame(
        {
            "intent": [dict(seen.intents)],
            "complexity": [seen.complexity],
            "language_model": [asked.language_model],
            "domain": [asked.domain],
            "embedding": [prompts[0]],
            "labels": [np.array([said.get(code, 0.0) for code in model.techniques_])],
        }
    )
    question = Question(
        context,
        said,
        tokens | dict(zip(codes, guessed.tolist(), strict=True)),
        seconds | dict.fromkeys(codes, 0.0),
        frozenset(seen.likes.favourites) if seen.likes else frozenset(),
        asked.cost_weight,
        asked.latency_weight,
    )
    return model, question


def _decide(
    fitted: Fitted,
    choice: Choice,
    allowed: Allowed,
    question: Question,
    techniques: Sequence[Technique],
    seen: Seen,
    asked: Asked,
) -> Recommended:
    selector: TechniqueSelector = fitted.estimator[-1]
    names = choice.sets.names
    best = names.index(choice.chosen)
    propensities = exploring(choice.sets.best(asked.seed), best, asked.share, asked.floor)
    taken = int(np.random.default_rng(asked.seed).choice(len(names), p=propensities))
    among = {technique.code: 0.0 for technique in techniques}
    for name, share in zip(names, propensities.tolist(), strict=True):
        for code in name.split(";"):
            among[code] += share
    return Recommended(
        tuple(names[taken].split(";")),
        tuple(choice.chosen.split(";")),
        tuple(choice.reference.split(";")),
        why_chosen(selector, choice, asked.seed),
        ranked_techniques(selector, choice, allowed, question, techniques, asked.seed),
        allowed.excluded,
        seen.intents,
        seen.complexity,
        {code: min(share, 1.0) for code, share in among.items() if share > 0},
        float(propensities[taken]),
        taken != best,
        bool(selector.is_synthetic_),
        seen.models,
        asked.seed,
    )


def _log(
    workspace: Workspace, encoder: SentenceEncoder, live: Live, found: Recommended, seen: Seen, asked: Asked
) -> UUID:
    decided = Decided(
        prompt=asked.prompt,
        chosen=found.chosen,
        policy=POLICY,
        propensities=found.propensities,
        propensity=found.propensity,
        policy_version=live.row.model_version,
        is_exploration=found.is_exploration,
        intent=next(iter(found.intents), None),
        intent_probabilities=found.intents,
        complexity=round(found.complexity),
        domain=asked.domain,
        user_pseudonym=seen.likes.pseudonym if seen.likes else None,
        language_model=asked.language_model or None,
        embedding=seen.frame["embedding"].iloc[0],
        embedding_space=encoder.space,
    )
    return log_decision(workspace.url, decided)
