"""Texts of the tab *Predict*."""

from relevo_ui.texts.text import Spoken, Text


class PredictTexts(Spoken):
    # No-break spaces keep a range on one line.
    usually = Text("Usually {low}\u00a0to\u00a0{high}", "Normalmente de\u00a0{low}\u00a0a\u00a0{high}")
    allowed = Text("limits {low}\u00a0to\u00a0{high}", "límites {low}\u00a0y\u00a0{high}")
    at_least = Text("at least {low}", "al menos {low}")
    at_most = Text("at most {high}", "como máximo {high}")
    submit = Text("Predict", "Predecir")
    no_prediction_yet = Text(
        "The form is filled with typical values. Change what you like and press “Predict”.",
        "El formulario tiene valores típicos. Cambie lo que quiera y pulse «Predecir».",
    )
    prediction = Text("Prediction", "Predicción")
    model = Text("Model", "Modelo")
    tracked_run = Text("Training run", "Entrenamiento")
    prediction_id = Text("Prediction id", "Id de predicción")
