"""Texts of the tab *Explain*."""

from relevo_ui.texts.text import Spoken, Text


class ExplainTexts(Spoken):
    nothing_to_explain = Text(
        "No model is in production, so there is nothing to explain yet.",
        "No hay ningún modelo en producción, así que aún no hay nada que explicar.",
    )
    what_counts = Text("What each column counts", "Cuánto cuenta cada columna")
    counts_probability = Text(
        "How far knowing a column moves probability between the answers, in the mean of {rows} test rows.",
        "Cuánta probabilidad mueve entre respuestas conocer una columna, en la media de {rows} filas de prueba.",
    )
    counts_value = Text(
        "How far knowing a column moves the answer ({unit}), in the mean of {rows} test rows.",
        "Cuánto mueve la respuesta ({unit}) conocer una columna, en la media de {rows} filas de prueba.",
    )
    now_in_production = Text("Version {version}, in production", "Versión {version}, en producción")
    before_it = Text("Version {version}, before it", "Versión {version}, la anterior")
    change = Text("Change", "Cambio")
    sure = Text("more than chance", "más que azar")
    what_changed_since = Text("What changed", "Qué cambió")
    changed_note = Text(
        "The changes are of both versions explained on the same {rows} rows; bold is more than chance. "
        "The bars are each version's own, of its own test rows.",
        "Los cambios son de ambas versiones explicadas con las mismas {rows} filas; en negrita, más que azar. "
        "Las barras son las de cada versión, con sus propias filas de prueba.",
    )
    no_previous = Text(
        "There is no previous version to compare with.", "No hay una versión anterior con la que comparar."
    )
    no_changes = Text(
        "What changed from version {previous} to version {version} was not explained: the one did not replace the "
        "other in a run. The bars are each version's own, of its own test rows.",
        "No se explicó qué cambió de la versión {previous} a la {version}: una no sustituyó a la otra en una "
        "ejecución. Las barras son las de cada versión, con sus propias filas de prueba.",
    )
    for_each_answer = Text("For each answer", "Para cada respuesta")
    not_explained = Text(
        "The training run of version {version} holds no explanation; the History says why where the run knows it.",
        "El entrenamiento de la versión {version} no contiene explicación; el Historial dice por qué si se sabe.",
    )
    more_in_mlflow = Text(
        "Every value, with pictures, in the folder “explanation” of the run",
        "Cada valor, con imágenes, en la carpeta «explanation» de la ejecución",
    )
    tracking_unreachable = Text(
        "MLflow at {url} does not answer, so nothing can be explained here. "
        "Start it, or check MLFLOW_TRACKING_URI; then press “Refresh”.",
        "MLflow en {url} no responde, así que aquí no se puede explicar nada. "
        "Inícielo o revise MLFLOW_TRACKING_URI; después pulse «Actualizar».",
    )
    tracking_unintelligible = Text(
        "MLflow at {url} answered in a form that this page does not understand: {detail}.",
        "MLflow en {url} respondió de una forma que esta página no entiende: {detail}.",
    )
