"""The steps of a run as plain functions; `airflow/dags` wires them."""
