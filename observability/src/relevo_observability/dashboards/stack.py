"""*Stack*: every service, and what the machine, the databases and Airflow are short of."""

from collections.abc import Sequence

from relevo_observability.dashboards.grafana import Dashboard, Metric, Panel, Query


def _row(title: str, queries: Sequence[Metric | Query], description: str = "", unit: str = "short") -> Panel:
    return Panel(title, "timeseries", queries, description, width=8, height=7, unit=unit)


_SHARE = (
    "sum by (service) (container_memory_working_set_bytes) / sum by (service) (container_spec_memory_limit_bytes)"
)

STACK = Dashboard(
    uid="relevo-stack",
    title="Stack",
    since="now-1h",
    panels=(
        Panel(
            "Pages that answer",
            "status-history",
            [Metric("probe_success", "{{service}}")],
            "Each is asked over HTTP every 15 seconds.",
            height=9,
            steps=((None, "red"), (1, "green")),
            words={"0": "no", "1": "yes"},
            options={"showValue": "never"},
        ),
        Panel(
            "What Prometheus asks",
            "status-history",
            [
                Metric('min by (job, instance) (up{job!="probe"})', "{{job}} {{instance}}"),
                Metric("mysql_up", "MySQL {{instance}}"),
                Metric("pg_up", "PostgreSQL {{instance}}"),
                Metric("redis_up", "Redis"),
            ],
            "Whether services and their exporters answer, and whether the exporters reach their databases.",
            height=9,
            steps=((None, "red"), (1, "green")),
            words={"0": "no", "1": "yes"},
            options={"showValue": "never"},
        ),
        Panel(
            "Every container",
            "table",
            [
                Metric("sum by (service) (rate(container_cpu_usage_seconds_total[1m]))", table=True),
                Metric("sum by (service) (container_memory_working_set_bytes)", table=True),
                Metric(_SHARE, table=True),
                Metric("time() - max by (service) (container_start_time_seconds)", table=True),
                Metric("sum by (service) (changes(container_start_time_seconds[1h]))", table=True),
                Metric("sum by (service) (container_oom_events_total)", table=True),
            ],
            "Cores used, memory, share of the memory that it may use, since when it runs, restarts in the last "
            "hour, processes killed for memory.",
            width=24,
            height=14,
            columns=("cores", "memory", "of its limit", "runs for", "restarts", "killed for memory"),
            units={"memory": "bytes", "of its limit": "percentunit", "runs for": "s"},
        ),
        _row(
            "CPU of the machine",
            [
                Metric('sum(rate(node_cpu_seconds_total{mode!="idle"}[1m]))', "used"),
                Metric('count(node_cpu_seconds_total{mode="idle"})', "there are"),
                Metric("node_load1", "would like to run"),
            ],
            "In cores.",
        ),
        _row(
            "Memory of the machine",
            [
                Metric("node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes", "used"),
                Metric("node_memory_MemTotal_bytes", "there is"),
            ],
            unit="bytes",
        ),
        _row(
            "Disk of the machine",
            [
                Metric(
                    'node_filesystem_size_bytes{mountpoint="/"} - node_filesystem_avail_bytes{mountpoint="/"}',
                    "used",
                ),
                Metric('node_filesystem_size_bytes{mountpoint="/"}', "there is"),
            ],
            unit="bytes",
        ),
        _row(
            "CPU of the containers",
            [Metric("sum by (service) (rate(container_cpu_usage_seconds_total[1m]))", "{{service}}")],
            "In cores.",
        ),
        _row(
            "Memory of the containers",
            [Metric("sum by (service) (container_memory_working_set_bytes)", "{{service}}")],
            unit="bytes",
        ),
        _row(
            "Time to a page",
            [Metric("probe_duration_seconds", "{{service}}")],
            "As Prometheus asks for it.",
            unit="s",
        ),
        _row(
            "Queries to MySQL",
            [Metric("rate(mysql_global_status_queries[1m])", "{{instance}}")],
            "Per second.",
        ),
        _row(
            "Connections to MySQL",
            [
                Metric("mysql_global_status_threads_connected", "{{instance}}"),
                Metric("min(mysql_global_variables_max_connections)", "allowed"),
            ],
        ),
        _row(
            "MySQL reads from disk",
            [Metric("rate(mysql_global_status_innodb_buffer_pool_reads[1m])", "{{instance}}")],
            "Pages per second that were not in memory: with many of them, MYSQL_MEMORY is short.",
        ),
        _row(
            "Connections to PostgreSQL",
            [Metric('sum by (state) (pg_stat_activity_count{datname="airflow"})', "{{state}}")],
            "Airflow's processes.",
        ),
        _row(
            "Size of Airflow's database",
            [Metric('pg_database_size_bytes{datname="airflow"}', "{{datname}}")],
            unit="bytes",
        ),
        _row("Memory of Redis", [Metric("redis_memory_used_bytes", "used")], unit="bytes"),
        _row(
            "Tasks in Airflow",
            [Metric("airflow_tasks_instances", "{{state}}"), Metric("airflow_dags_running_runs", "runs under way")],
            "What has not ended yet.",
        ),
        _row(
            "Slots of Airflow's pools that are taken",
            [Metric("airflow_pool_running_slots / airflow_pool_slots", "{{pool}}")],
            "Every problem has a pool for its trainings.",
            unit="percentunit",
        ),
        _row(
            "Since the last sign of life",
            [Metric("airflow_job_heartbeat_age_seconds", "{{job_type}}")],
            "Of Airflow's scheduler, DAG processor and triggerer.",
            unit="s",
        ),
        Panel(
            "Alerts",
            "table",
            [Metric('ALERTS{alertstate="firing"}', table=True)],
            "What fires now; docs/runbook.md says what to do.",
            width=24,
            may_be_empty="nothing is wrong",
            hidden=("__name__", "alertstate", "Value"),
        ),
    ),
)
