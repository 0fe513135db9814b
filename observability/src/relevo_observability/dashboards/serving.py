"""*Serving*: is the model server asked, does it answer, how fast, and what is it short of."""

from relevo_observability.dashboards.grafana import Dashboard, Metric, Panel

_PREDICTIONS = 'job="inference", handler=~".*/predict"'


def _quantile(q: float) -> Metric:
    buckets = f"rate(http_request_duration_seconds_bucket{{{_PREDICTIONS}}}[$__rate_interval])"
    return Metric(f"histogram_quantile({q}, sum by (le) ({buckets}))", f"p{100 * q:.0f}")


# A version that answers and did not a minute ago.
VERSIONS = (
    "Versions",
    Metric(
        'max by (problem, version) (relevo_model_info{problem=~"$problem"}) '
        "unless on (problem, version) (relevo_model_info offset 1m)",
        "{{problem}} v{{version}} begins to answer",
    ),
)

SERVING = Dashboard(
    uid="relevo-serving",
    title="Serving",
    problems=Metric("relevo_model_stale"),
    marks=(VERSIONS,),
    panels=(
        Panel(
            "In production",
            "stat",
            [
                Metric(
                    'relevo_model_info{problem=~"$problem"}',
                    "{{problem}} v{{version}} · {{algorithm}} · {{data}} data",
                    now=True,
                )
            ],
            "The version that answers, as the model server itself says.",
            width=8,
            height=4,
            options={"textMode": "name"},
        ),
        Panel(
            "Last good model stands in",
            "stat",
            [Metric('max(relevo_model_stale{problem=~"$problem"})', now=True)],
            "Yes while MLflow cannot be asked, or its version cannot be loaded.",
            width=4,
            height=4,
            steps=((None, "green"), (1, "orange")),
            words={"0": "No", "1": "Yes"},
        ),
        Panel(
            "Model servers up",
            "stat",
            [Metric('sum(up{job="inference"})', now=True)],
            width=4,
            height=4,
            steps=((None, "red"), (1, "green")),
        ),
        Panel(
            "Predictions not in the database yet",
            "stat",
            [Metric("sum(relevo_journal_backlog)", now=True)],
            "They wait on the model server's disk; none is lost.",
            width=4,
            height=4,
            steps=((None, "green"), (1000, "orange"), (100_000, "red")),
        ),
        Panel(
            "Server errors, last hour",
            "stat",
            [
                Metric(
                    'sum(increase(http_requests_total{job="inference", status="5xx"}[1h])) or vector(0)', now=True
                )
            ],
            "Requests that ended with a status of 500 or above.",
            width=4,
            height=4,
            steps=((None, "green"), (1, "red")),
        ),
        Panel(
            "Requests per second",
            "timeseries",
            [
                Metric(
                    'sum by (handler) (rate(http_requests_total{job="inference", handler!~"/livez|/readyz|/health"}'
                    "[$__rate_interval]))",
                    "{{handler}}",
                )
            ],
            "Without the probes of Docker.",
            unit="reqps",
        ),
        Panel(
            "Time to a prediction",
            "timeseries",
            [_quantile(0.5), _quantile(0.95), _quantile(0.99)],
            "At the server, from the request to the end of its answer; the alert fires above 200 ms at p95.",
            unit="s",
        ),
        Panel(
            "Rows answered per second, by version",
            "timeseries",
            [
                Metric(
                    'sum by (problem, version) (rate(relevo_predictions_total{problem=~"$problem"}'
                    "[$__rate_interval]))",
                    "{{problem}} v{{version}}",
                )
            ],
        ),
        Panel(
            "Errors per second",
            "timeseries",
            [
                Metric(
                    'sum by (status, handler) (rate(http_requests_total{job="inference", status=~"4xx|5xx"}'
                    "[$__rate_interval])) or vector(0)",
                    "{{status}} {{handler}}",
                )
            ],
            "4xx: what was asked for is not allowed. 5xx: the server is at fault, or has nothing in production.",
            unit="reqps",
        ),
        Panel(
            "Requests in flight",
            "timeseries",
            [
                Metric('sum(http_requests_in_flight{job="inference"})', "at the moment"),
                Metric(
                    'sum(rate(http_request_duration_seconds_sum{job="inference"}[$__rate_interval]))',
                    "on average",
                ),
            ],
            "On average: seconds of answering per second, which is the mean number of requests under way "
            "(Little's law). At the moment: those that hang are seen here.",
        ),
        Panel(
            "Cores used",
            "timeseries",
            [
                Metric(
                    'sum by (instance) (rate(process_cpu_seconds_total{job="inference"}[$__rate_interval]))', "used"
                ),
                Metric('count(node_cpu_seconds_total{mode="idle"})', "the machine has"),
            ],
            "All processes of a model server. At as many as its container may use, the times above rise.",
        ),
        Panel(
            "Memory",
            "timeseries",
            [Metric('process_resident_memory_bytes{job="inference"}', "{{instance}}")],
            "Of the model server's processes.",
            unit="bytes",
        ),
        Panel(
            "Journal",
            "timeseries",
            [
                Metric("sum(relevo_journal_backlog)", "waiting"),
                Metric("sum(rate(relevo_journal_shipped_total[$__rate_interval]))", "stored per second"),
                Metric(
                    "sum(rate(relevo_journal_ship_failures_total[$__rate_interval]))", "failed tries per second"
                ),
            ],
            "Predictions on their way from the outbox to the database.",
        ),
        Panel(
            "From an answer to its row",
            "timeseries",
            [
                Metric(
                    f"histogram_quantile({q}, sum by (le) "
                    "(rate(relevo_journal_shipping_delay_seconds_bucket[$__rate_interval])))",
                    f"p{100 * q:.0f}",
                )
                for q in (0.5, 0.99)
            ],
            "How long the oldest of up to a hundred predictions waits until the raw database has it.",
            unit="s",
        ),
        Panel(
            "Look-ups of the production alias",
            "timeseries",
            [
                Metric(
                    'sum by (outcome) (rate(relevo_alias_lookups_total{problem=~"$problem", alias="production"}'
                    "[$__rate_interval]))",
                    "{{outcome}}",
                )
            ],
            "How often MLflow is asked what is in production, and what came of it.",
            unit="reqps",
        ),
        Panel(
            "Loads of a model",
            "timeseries",
            [
                Metric(
                    'sum by (problem) (increase(relevo_model_swaps_total{problem=~"$problem"}[5m]))',
                    "{{problem}}: swapped",
                ),
            ],
            "Over five minutes.",
        ),
        Panel(
            "Loads that failed",
            "timeseries",
            [
                Metric(
                    'sum by (problem) (increase(relevo_model_load_failures_total{problem=~"$problem"}[5m]))',
                    "{{problem}}",
                )
            ],
            "Over five minutes. The last good version goes on answering.",
            may_be_empty="no load of a model has failed",
        ),
        Panel(
            "The challenger in the shadow",
            "timeseries",
            [
                Metric(
                    'sum by (problem, version, outcome) (rate(relevo_shadow_predictions_total{problem=~"$problem"}'
                    "[$__rate_interval]))",
                    "{{problem}} v{{version}} {{outcome}}",
                )
            ],
            "Live rows that the challenger answered too, per second.",
            may_be_empty="SHADOW_SHARE is 0 unless somebody sets it",
        ),
    ),
)
