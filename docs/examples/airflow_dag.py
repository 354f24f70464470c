"""The notebooks as an Airflow DAG, each a task of its own.

Put it into the DAGs folder; it needs apache-airflow-providers-papermill and the workbench in the workers' environment,
with WORKBENCH_DATABASE_URL and WORKBENCH_HOME set there. No secret is a parameter: papermill writes those into the
executed notebook.
"""

from datetime import datetime, timedelta
from pathlib import Path

from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

NOTEBOOKS = Path("/opt/workbench/notebooks")
RUNS = Path("/var/lib/workbench/runs/airflow")
VERSION = "mine"
STEPS = {
    "01_explore_training_data": {},
    "02_train_intent_classifier": {},
    "03_train_complexity_model": {},
    "04_train_technique_selector": {},
    "05_estimate_effectiveness": {},
    "06_compare_and_promote": {"models": "intent,complexity,selector"},
}

with DAG(
    dag_id="workbench_retrain",
    schedule="0 3 * * 1",
    start_date=datetime(2026, 1, 5),
    catchup=False,  # what was missed is made up for once
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=5), "execution_timeout": timedelta(hours=4)},
) as dag:
    before = None
    for name, further in STEPS.items():
        step = PapermillOperator(
            task_id=name,
            input_nb=str(NOTEBOOKS / f"{name}.ipynb"),
            output_nb=f"{RUNS}/{{{{ ts_nodash }}}}-{{{{ ti.try_number }}}}-{name}.ipynb",
            parameters={"dataset_version": VERSION} | further,
            kernel_name="python3",
        )
        if before is not None:
            before >> step
        before = step
    # A notebook that failed, or whose worker was killed, leaves its run open in MLflow.
    swept = BashOperator(task_id="sweep", bash_command="workbench retrain --sweep", trigger_rule="all_done")
    before >> swept
