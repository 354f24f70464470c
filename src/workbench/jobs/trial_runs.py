"""The trials of a search as MLflow runs, nested in the run of whoever searches."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.jobs.sweep import bury
from workbench.models.search import Parameters, Trial
from workbench.tracking.items import Item, Metrics, Params, Tags, Title
from workbench.tracking.runs import PARENT, Tracker, is_gone
from workbench.tracking.views import TRIAL

STUDY = "workbench.study"
SECONDS = "trial_seconds"


class TrialRuns:
    """The runs of one study below ``parent``. Those that a dead process left open there are closed."""

    def __init__(self, tracker: Tracker, parent: str, study: str) -> None:
        self._tracker = tracker
        self._parent = parent
        self._experiment = tracker.experiment_of(parent)
        self._study = study
        runs = [run for run in tracker.children(parent, self._experiment) if run.tags.get(STUDY) == study]
        self._recorded = {int(run.tags[TRIAL]) for run in runs if SECONDS in run.metrics}
        for run in runs:
            if run.status == "RUNNING" and is_gone(run.owner):
                bury(tracker, run.run_id, "FAILED")

    def open(self, number: int, parameters: Parameters) -> str:
        tags = {TRIAL: str(number), STUDY: self._study, PARENT: self._parent}
        run_id = self._tracker.open_in(self._experiment, f"trial {number:02}", tags)
        self._tracker.log(run_id, [Params({f"option_{name}": value for name, value in parameters.items()})])
        return run_id

    def close(self, run_id: str, trial: Trial) -> None:
        self._tracker.log(run_id, items_of(trial))
        self._tracker.close(run_id, "FAILED" if trial.score is None else "FINISHED")

    def stop(self, run_id: str) -> None:
        """Somebody ended the search while the trial ran."""
        self._tracker.close(run_id, "KILLED")

    def take_over(self, trial: Trial) -> None:
        """A trial that an earlier search made; without effect where it is recorded below this parent."""
        if trial.number in self._recorded:
            return
        run_id = self.open(trial.number, trial.parameters)
        self._tracker.log(run_id, [Tags({"workbench.reused": "true"})])
        self.close(run_id, trial)


def items_of(trial: Trial) -> Iterator[Item]:
    """What a trial's run says besides its parameters."""
    metrics = {SECONDS: trial.seconds}
    if trial.score is None:
        yield Tags({"workbench.error": trial.error})
        yield Title(f"trial {trial.number:02} failed")
    else:
        metrics["trial_loss"] = trial.score.loss
        if trial.score.accuracy is not None:
            metrics["trial_accuracy"] = trial.score.accuracy
        yield Title(f"trial {trial.number:02} loss {trial.score.loss:.3f}")
    yield Metrics(metrics)
