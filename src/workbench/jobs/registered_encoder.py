"""Fine-tuned encoders in MLflow's registry, and their embeddings in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from workbench.jobs.embed import fill_vectors
from workbench.jobs.thorough import TunedColumns, items_of
from workbench.jobs.tuned_encoder import NAME, TunedEncoder, load_tuned
from workbench.jobs.workspace import Workspace
from workbench.records import Fitted, Recipe
from workbench.tracking.encoders import RegisteredEncoder, find_encoder_version, register_encoder
from workbench.tracking.items import Params


def record_encoder(
    workspace: Workspace,
    run_id: str,
    recipe: Recipe,
    made: TunedColumns,
    fitted: Fitted,
    tick: Callable[[int, int], None] = lambda *_: None,
) -> RegisteredEncoder:
    """The encoder as a registered version, named in the run, and the version's prompts in a space of their own.

    Doing it again for the same run changes nothing.
    """
    tracker = workspace.tracker
    tracker.log(run_id, items_of(made, fitted))
    data = {"dataset_version": recipe.dataset_version, "seed": recipe.seed, "tuned_from": made.encoder.base}
    said = (
        f"Tuned on {recipe.dataset_version} from {made.encoder.base}; alone it is right about {made.accuracy:.3f} of "
        f"training prompts that it had not seen. Space {made.encoder.space}."
    )
    parameters = {**data, **asdict(made.settings)}
    found = register_encoder(tracker, run_id, NAME, made.folder, made.encoder.sha256, parameters, said)
    tracker.log(run_id, [version_item(found.version)])
    fill_vectors(workspace.url, made.encoder.encoder, recipe.dataset_version, tick)
    return found


def version_item(version: str) -> Params:
    return Params({"encoder_version": version})


def load_encoder(workspace: Workspace, version: str) -> TunedEncoder:
    """A registered encoder, its files hashed.

    Raises:
        TunedEncoderUnknown, TunedEncoderMissing, TunedEncoderTampered
    """
    found = find_encoder_version(workspace.tracker, NAME, version)
    settings = workspace.settings
    return load_tuned(found.folder, found.sha256, settings.artifacts, settings.threads)
