"""*Models*: which version is in production and why, how good the versions are, how the data move away from them."""

from relevo_observability.dashboards.grafana import Dashboard, Metric, Panel, Query
from relevo_observability.dashboards.serving import VERSIONS

# Grafana puts the chosen problems in, quoted; all there are for "All".
CHOSEN = "problem IN (${problem:sqlstring})"
_ON_NEW_ROWS = "JSON_EXTRACT(evidence, CONCAT('$.production_on_new_rows.', metric))"
_ONLY_VALUES = "only a problem whose target is a number has one"

MODELS = Dashboard(
    uid="relevo-models",
    title="Models",
    problems=Metric("relevo_model_stale"),
    marks=(VERSIONS,),
    since="now-7d",
    refresh="1m",
    panels=(
        Panel(
            "In production",
            "table",
            [
                Query(
                    f"""
                    SELECT problem, to_version AS version, promoted_at AS since, promoted_by AS `by`, reason
                    FROM promotions
                      JOIN (SELECT MAX(id) AS id FROM promotions GROUP BY problem) AS newest USING (id)
                    WHERE {CHOSEN} ORDER BY problem
                    """,
                    source="raw",
                )
            ],
            "Which version, since when, who put it there and why, as it is on record.",
            width=24,
            height=5,
        ),
        Panel(
            "Scores of the versions: $problem",
            "barchart",
            [
                Query(
                    f"""
                    SELECT CONCAT('v', challenger_version, ' ', challenger_algorithm) AS version,
                      challenger_score AS challenger, champion_score AS `champion, same rows`
                    FROM runs WHERE {CHOSEN} AND challenger_score IS NOT NULL ORDER BY id DESC LIMIT 20
                    """
                )
            ],
            "The primary metric of each challenger, and of the champion that it had to beat on the same test rows. "
            "The newest comes first.",
            repeat=True,
            options={"stacking": "none", "showValue": "auto"},
        ),
        Panel(
            "Production on new rows: $problem",
            "timeseries",
            [
                Query(
                    f"""
                    SELECT UNIX_TIMESTAMP(started_at) AS time, CONCAT('v', champion_version, ' ', metric) AS metric,
                      CAST({_ON_NEW_ROWS} AS DOUBLE) AS value
                    FROM runs WHERE {CHOSEN} AND $__timeFilter(started_at) AND {_ON_NEW_ROWS} IS NOT NULL ORDER BY 1
                    """,
                    series=True,
                )
            ],
            "The primary metric of the production model on the rows of each batch, none of which it had seen.",
            repeat=True,
            custom={"showPoints": "always"},
        ),
        Panel(
            "Drift: $problem",
            "status-history",
            [
                Query(
                    f"""
                    SELECT UNIX_TIMESTAMP(started_at) AS time, drift.name AS metric, drift.psi AS value
                    FROM runs, JSON_TABLE(evidence, '$.assessment.columns[*]'
                      COLUMNS (name VARCHAR(64) PATH '$.column', psi DOUBLE PATH '$.psi')) AS drift
                    WHERE {CHOSEN} AND $__timeFilter(started_at) ORDER BY 1, 2
                    """,
                    series=True,
                )
            ],
            "The population stability index of each column of each batch, against the rows that the production "
            "model was trained on. Above 0.1 a column may count as drifted.",
            height=12,
            repeat=True,
            steps=((None, "green"), (0.1, "yellow"), (0.25, "red")),
            decimals=2,
        ),
        Panel(
            "Verdicts",
            "table",
            [
                Query(
                    f"""
                    SELECT finished_at AS at, problem, verdict, verdict_reason AS sentence, metric,
                      challenger_version AS challenger, challenger_algorithm AS algorithm,
                      challenger_score AS score, champion_version AS champion, champion_score AS `champion's score`
                    FROM runs WHERE {CHOSEN} AND $__timeFilter(started_at) AND verdict IS NOT NULL ORDER BY id DESC
                    """
                )
            ],
            "Each challenger, what became of it, and why.",
            width=24,
            height=9,
        ),
        Panel(
            "Promotions",
            "table",
            [
                Query(
                    f"""
                    SELECT promoted_at AS at, problem, from_version AS `from`, to_version AS `to`,
                      promoted_by AS `by`, reason, dag_run_id AS run
                    FROM promotions WHERE {CHOSEN} AND $__timeFilter(promoted_at) ORDER BY id DESC
                    """,
                    source="raw",
                )
            ],
            "Every move of the alias production, by runs and by people.",
            width=24,
        ),
        Panel(
            "Drift of live rows",
            "status-history",
            [Metric('relevo_input_drift_psi{problem=~"$problem"}', "{{problem}} v{{version}}: {{column}}")],
            "The same index, of the latest rows that people sent (DRIFT_ROWS, as soon as there are 100).",
            width=24,
            height=12,
            steps=((None, "green"), (0.1, "yellow"), (0.25, "red")),
            decimals=2,
            options={"showValue": "never"},
        ),
        Panel(
            "Prediction mix",
            "timeseries",
            [
                Metric(
                    'sum by (problem, label) (rate(relevo_predicted_labels_total{problem=~"$problem"}[5m]))'
                    " / on (problem) group_left () sum by (problem) "
                    '(rate(relevo_predicted_labels_total{problem=~"$problem"}[5m]))',
                    "{{problem}}: {{label}}",
                )
            ],
            "The share of each label among the answers of the last five minutes.",
            unit="percentunit",
            custom={"fillOpacity": 60, "stacking": {"mode": "normal", "group": "A"}},
        ),
        Panel(
            "Values predicted",
            "timeseries",
            [
                Metric(
                    f"histogram_quantile({q}, sum by (problem, le) "
                    '(rate(relevo_predicted_value_bucket{problem=~"$problem"}[5m])))',
                    f"{{{{problem}}}}: {words}",
                )
                for q, words in ((0.1, "a tenth is below"), (0.5, "half is below"), (0.9, "nine tenths are below"))
            ],
            "Of the last five minutes.",
            may_be_empty=_ONLY_VALUES,
        ),
        Panel(
            "Truths given",
            "timeseries",
            [Metric('relevo_feedback{problem=~"$problem"}', "{{problem}} v{{version}}")],
            "Predictions of which somebody has said how it really was (POST /feedback).",
        ),
        Panel(
            "Live accuracy",
            "timeseries",
            [Metric('relevo_live_accuracy{problem=~"$problem"}', "{{problem}} v{{version}}")],
            "The share of right labels among them, by version.",
            unit="percentunit",
        ),
        Panel(
            "Live absolute error",
            "timeseries",
            [Metric('relevo_live_absolute_error{problem=~"$problem"}', "{{problem}} v{{version}}")],
            "How far the values were from the truth, on average.",
            may_be_empty=_ONLY_VALUES,
        ),
        Panel(
            "Truths in the interval",
            "timeseries",
            [Metric('relevo_live_interval_coverage{problem=~"$problem"}', "{{problem}} v{{version}}")],
            "The share of truths that lay in the interval served; it should be near the interval's level.",
            unit="percentunit",
            may_be_empty=_ONLY_VALUES,
        ),
    ),
)
