"""Texts of the tab *Pipeline*."""

from relevo_ui.texts.text import Spoken, Text


class PipelineTexts(Spoken):
    runs_in_airflow = Text(
        "Runs are started and watched in Airflow.", "Las ejecuciones se inician y se siguen en Airflow."
    )
