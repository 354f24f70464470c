"""What a model is, is for and is not for, from what was recorded of it (after Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.jobs.pages import Block, Bullets, Grid, Heading, Words
from workbench.records import ModelType
from workbench.store.deployments import Event
from workbench.store.models import Model

USES: dict[ModelType, tuple[str, str, str]] = {
    "intent_classifier": (
        "Intent classifier",
        "To say which intent of the taxonomy a prompt has, with a probability, so that techniques can be chosen.",
        "Judging people, the worth of their prompts, or whether a prompt is allowed; prompts in languages or of a kind "
        "that the training data lack.",
    ),
    "complexity_model": (
        "Complexity model",
        "To say how much the answer to a prompt needs, on five levels, so that simple prompts are left alone.",
        "Prices, limits or ranks of users; the length of an answer.",
    ),
    "technique_selector": (
        "Technique selector",
        "To rank prompting techniques for a prompt.",
        "Choosing for a person who has chosen; techniques that it was not trained with.",
    ),
}
SHOWN = ("seed", "embedding_space")


def what_it_is(model: Model, cost: str) -> Iterator[Block]:
    title, use, _ = USES[model.model_type]
    chosen = sorted(name for name in model.parameters if name.startswith("option_"))
    shown = ((name.removeprefix("option_"), model.parameters.get(name)) for name in (*SHOWN, *chosen))
    options = ", ".join(f"`{name}` {_short(value)}" for name, value in shown if value is not None)
    data = f"`{model.dataset_version or 'unknown'}`, sha256 `{_digest(model)}`"
    rows = [
        ["model", f"{title} `{model.name}`, in MLflow `{model.model_name}` version {model.model_version}"],
        ["for", use],
        ["data", f"{data}, {model.training_samples:,} training prompts"],
        ["trained", f"{model.created_at:%Y-%m-%d %H:%M} UTC, MLflow run `{model.run_id or 'none'}`"],
        ["made with", options or "nothing recorded"],
        ["file", f"sha256 `{model.sha256 or 'none'}`{cost}"],
    ]
    yield Heading("What it is")
    yield Grid(("", ""), rows)


def card(model: Model, sources: Mapping[str, int], labels: int) -> Iterator[Block]:
    """``sources`` are the prompts of its dataset version by where they came from."""
    _, use, not_for = USES[model.model_type]
    total = sum(sources.values())
    listed = ", ".join(f"{count:,} {name}" for name, count in sources.items()) or "nothing is left of them"
    synthetic = sources.get("synthetic", 0)
    yield Heading("Model card")
    items = [
        f"**Intended use.** {use}",
        f"**Not for.** {not_for}",
        f"**Training data.** Dataset version `{model.dataset_version}`: {total:,} prompts ({listed}), {labels} labels. "
        + (f"**{synthetic:,} of them are synthetic**: made by a program, not asked by a person." if synthetic else ""),
        "**Test data.** Rows of the same version that no model is fitted on. They are of the same sources as the "
        "training data: how it does on prompts of other people is not known from them.",
        "**Persons.** No prompt of a user of the assistant and nothing about one is in this page, in MLflow or in the "
        "file, but for words and phrases of labelled prompts that the model's vocabulary holds.",
        "**Limits.** Intervals are 95 % ones and speak of more prompts of the same kind. Labels are a judgement; where "
        "people disagree no model can be right.",
        "**Loading.** Only through the workbench, which checks the digest and the types in the file.",
    ]
    yield Bullets([item.strip() for item in items])


def history(model: Model, events: Sequence[Event]) -> Iterator[Block]:
    own = [event for event in events if model.id in {side.id for side in (event.before, event.after) if side}]
    if not own:
        return
    yield Heading("Its history")
    rows = [[f"{event.at:%Y-%m-%d %H:%M}", _said(event, model), event.actor, event.reason] for event in own]
    yield Grid(("UTC", "what", "who", "why"), rows)
    if any(event.is_override for event in own):
        yield Words("**A person overrode the gate**; the reasons stand above.")


def _said(event: Event, model: Model) -> str:
    came = event.after is not None and event.after.id == model.id
    if event.kind == "repair":
        return "MLflow's alias was put right"
    if event.kind == "promote":
        return "went live" + (", overriding the gate" if event.is_override else "") if came else "was replaced"
    return "went live again" if came else "was taken back"


def _digest(model: Model) -> str:
    found = str(model.parameters.get("dataset_sha256", ""))
    return f"{found[:16]}…" if found else "unknown"


def _short(value: Any) -> str:
    """Four digits of a number are enough to know it by; MLflow has all of them."""
    try:
        return f"{float(value):.4g}" if "." in str(value) else str(value)
    except ValueError:
        return str(value)
