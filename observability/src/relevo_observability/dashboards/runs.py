"""*Runs*: what each batch brought and what came of it, straight from the audit table."""

from relevo_observability.dashboards.grafana import Dashboard, Metric, Panel, Query
from relevo_observability.dashboards.models import CHOSEN

RUNS = Dashboard(
    uid="relevo-runs",
    title="Runs",
    problems=Query("SELECT DISTINCT problem FROM runs ORDER BY problem"),
    since="now-24h",
    refresh="30s",
    panels=(
        Panel(
            "The newest run",
            "stat",
            [Metric('relevo_last_run_info{problem=~"$problem"}', "{{problem}}: {{state}}", now=True)],
            width=8,
            height=4,
            options={"textMode": "name"},
        ),
        Panel(
            "Since it ended",
            "stat",
            [
                Metric(
                    'time() - relevo_last_run_finished_timestamp_seconds{problem=~"$problem"}',
                    "{{problem}}",
                    now=True,
                )
            ],
            "An alert fires after a day.",
            width=8,
            height=4,
            unit="s",
            steps=((None, "green"), (86_400, "orange")),
        ),
        Panel(
            "Runs so far",
            "stat",
            [Metric('sum by (state) (relevo_runs_total{problem=~"$problem"})', "{{state}}", now=True)],
            width=8,
            height=4,
        ),
        Panel(
            "Rows of the batches",
            "timeseries",
            [
                Query(
                    f"""
                    SELECT UNIX_TIMESTAMP(started_at) AS time, CONCAT(problem, ' ', kind) AS metric,
                      CASE kind WHEN 'received' THEN rows_received WHEN 'rejected' THEN rows_rejected
                        ELSE rows_new END AS value
                    FROM runs CROSS JOIN
                      (SELECT 'received' AS kind UNION ALL SELECT 'rejected' UNION ALL SELECT 'new') AS kinds
                    WHERE {CHOSEN} AND $__timeFilter(started_at) AND rows_received IS NOT NULL ORDER BY 1
                    """,
                    series=True,
                )
            ],
            "As delivered; refused by the column contract; not seen before.",
            custom={"drawStyle": "bars", "fillOpacity": 60},
        ),
        Panel(
            "Seconds of the tasks",
            "timeseries",
            [
                Query(
                    f"""
                    SELECT UNIX_TIMESTAMP(started_at) AS time, tasks.task AS metric,
                      CAST(JSON_EXTRACT(evidence, CONCAT('$.seconds."', tasks.task, '"')) AS DOUBLE) AS value
                    FROM runs, JSON_TABLE(JSON_KEYS(evidence, '$.seconds'), '$[*]'
                      COLUMNS (task VARCHAR(128) PATH '$')) AS tasks
                    WHERE {CHOSEN} AND $__timeFilter(started_at) ORDER BY 1
                    """,
                    series=True,
                )
            ],
            "How long each task of a run worked, without what Airflow needs to start it.",
            unit="s",
            custom={"drawStyle": "bars", "fillOpacity": 60, "stacking": {"mode": "normal", "group": "A"}},
        ),
        Panel(
            "Every run",
            "table",
            [
                Query(
                    f"""
                    SELECT started_at AS started, TIMESTAMPDIFF(SECOND, started_at, finished_at) AS seconds,
                      problem, batch, state, rows_received AS `rows`, rows_rejected AS rejected, rows_new AS new,
                      decision, decision_reason AS `decided because`, verdict, verdict_reason AS `judged because`,
                      error
                    FROM runs WHERE {CHOSEN} AND $__timeFilter(started_at) ORDER BY id DESC LIMIT 200
                    """
                )
            ],
            "One row a batch: was there a reason to train, what came of it, and why.",
            width=24,
            height=14,
            units={"seconds": "s"},
        ),
        Panel(
            "Decisions, by rule",
            "table",
            [
                Query(
                    f"""
                    SELECT problem, decision, decision_rule AS rule, COUNT(*) AS runs, MAX(started_at) AS latest
                    FROM runs WHERE {CHOSEN} AND $__timeFilter(started_at) AND decision IS NOT NULL
                    GROUP BY problem, decision, decision_rule ORDER BY runs DESC
                    """
                )
            ],
            "Which rule asked to train, and how often none did.",
        ),
        Panel(
            "Failed runs",
            "table",
            [
                Query(
                    f"""
                    SELECT started_at AS started, problem, failed_task AS task, error AS sentence
                    FROM runs WHERE {CHOSEN} AND $__timeFilter(started_at) AND state = 'failed' ORDER BY id DESC
                    """
                )
            ],
            "Each with its sentence; docs/runbook.md says what to do.",
            may_be_empty="no run has failed",
        ),
        Panel(
            "Rules that fired in the newest run",
            "status-history",
            [Metric('relevo_last_run_rule_fired{problem=~"$problem"}', "{{problem}}: {{rule}}")],
            "Each of them is a reason to train.",
            width=24,
            steps=((None, "green"), (1, "orange")),
            words={"0": "no", "1": "fired"},
        ),
    ),
)
