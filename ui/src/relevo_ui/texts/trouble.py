"""Texts for what went wrong: what it is, and what to do."""

from relevo_ui.texts.text import Spoken, Text


class TroubleTexts(Spoken):
    """`detail` is what another service said, in its own words."""

    nothing_in_production = Text(
        "There is no model to predict with yet: {detail}.", "Aún no hay un modelo con el que predecir: {detail}."
    )
    start_a_run = Text("Start a run in Airflow", "Iniciar una ejecución en Airflow")
    server_unavailable = Text(
        "The model server cannot predict now: {detail}.",
        "El servidor de modelos no puede predecir ahora: {detail}.",
    )
    server_unreachable = Text(
        "The model server at {url} does not answer, so nothing can be predicted. "
        "Start it, or look at its log; this page finds it again by itself.",
        "El servidor de modelos en {url} no responde, así que no se puede predecir nada. "
        "Inícielo o mire su registro; esta página lo vuelve a encontrar por sí sola.",
    )
    server_refused = Text(
        "The model server answered “{title}” ({status}). {detail}",
        "El servidor de modelos respondió «{title}» ({status}). {detail}",
    )
    server_unintelligible = Text(
        "The model server at {url} answered in a form that this page does not understand: {detail}. "
        "Are the page and the model server of the same release?",
        "El servidor de modelos en {url} respondió de una forma que esta página no entiende: {detail}. "
        "¿Son la página y el servidor de la misma versión?",
    )
    row_invalid = Text(
        "Nothing was predicted. Please correct: {fields}.", "No se predijo nada. Por favor, corrija: {fields}."
    )
