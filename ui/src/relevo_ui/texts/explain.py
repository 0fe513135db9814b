"""Texts of the tab *Explain*."""

from relevo_ui.texts.text import Spoken, Text


class ExplainTexts(Spoken):
    nothing_to_explain = Text(
        "No model is in production, so there is nothing to explain yet.",
        "No hay ningún modelo en producción, así que aún no hay nada que explicar.",
    )
    explained_in_mlflow = Text(
        "What each column counts in this version is among the artifacts of its training run.",
        "Cuánto cuenta cada columna en esta versión está entre los artefactos de su entrenamiento.",
    )
