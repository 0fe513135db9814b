"""Texts of the tab *Predict*: the form and the answer."""

from relevo_ui.texts.text import Spoken, Text


class PredictTexts(Spoken):
    # No-break spaces keep a range on one line.
    usually = Text("Usually {low}\u00a0to\u00a0{high}", "Normalmente de\u00a0{low}\u00a0a\u00a0{high}")
    allowed = Text("limits {low}\u00a0to\u00a0{high}", "límites {low}\u00a0y\u00a0{high}")
    at_least = Text("at least {low}", "al menos {low}")
    at_most = Text("at most {high}", "como máximo {high}")
    numbers = Text("Numbers", "Números")
    choices = Text("Choices", "Opciones")
    more_fields = Text("{count} more, filled with usual values", "{count} más, con sus valores habituales")
    fill_in = Text("Fill in", "Rellenar")
    typical_values = Text("Typical values", "Valores típicos")
    example = Text("Example {number}", "Ejemplo {number}")
    random_row = Text("Random row", "Fila al azar")
    rows_are_real = Text(
        "Examples and random rows are real rows, of those version {version} was trained on.",
        "Los ejemplos y las filas al azar son filas reales, de las que entrenaron la versión {version}.",
    )
    rows_are_simulated = Text(
        "Examples and random rows are simulated rows, of those version {version} was trained on.",
        "Los ejemplos y las filas al azar son filas simuladas, de las que entrenaron la versión {version}.",
    )
    no_rows = Text(
        "This version brings no example rows.",
        "Esta versión no trae filas de ejemplo.",
    )
    submit = Text("Predict", "Predecir")
    no_prediction_yet = Text(
        "The form is filled with typical values. Change what you like and press “Predict”.",
        "El formulario tiene valores típicos. Cambie lo que quiera y pulse «Predecir».",
    )
    # Why a value is not allowed, as the model server would say it.
    an_integer = Text("an integer", "un número entero")
    a_number = Text("a number", "un número")
    from_to = Text("from {low} to {high}", "de {low} a {high}")
    not_below = Text("of at least {low}", "de al menos {low}")
    not_above = Text("of at most {high}", "de como máximo {high}")
    one_of = Text("one of: {choices}", "una de estas opciones: {choices}")
    cell_missing = Text("{column} is missing: {allowed}", "falta {column}: {allowed}")
    cell_wrong = Text("{column} must be {allowed}, not {value}", "{column} debe ser {allowed}, no {value}")
    # The answer.
    prediction = Text("Prediction", "Predicción")
    interval = Text(
        "{coverage} % of the time between {low} and {high}", "el {coverage} % de las veces entre {low} y {high}"
    )
    threshold = Text(
        "“{name}” is answered from a probability of {threshold} on.",
        "Se responde «{name}» a partir de una probabilidad del {threshold}.",
    )
    model = Text("Model", "Modelo")
    tracked_run = Text("Training run", "Entrenamiento")
    prediction_id = Text("Prediction id", "Id de predicción")
    open_lineage = Text("Where this answer comes from (new tab)", "De dónde viene esta respuesta (otra pestaña)")
    same_request = Text("The same request yourself", "La misma petición, a mano")
    copy = Text("Copy", "Copiar")
    copied = Text("Copied", "Copiado")
    needs_key = Text(
        "Set RELEVO_API_KEY to a key of your own first.", "Antes, ponga en RELEVO_API_KEY una clave propia."
    )
    # Where an earlier answer comes from.
    lineage = Text("Where does a prediction come from?", "¿De dónde viene una predicción?")
    look_up = Text("Look up", "Buscar")
    lineage_hint = Text(
        "Any prediction id tells which model answered, what it was trained on, and why.",
        "Cualquier id de predicción dice qué modelo respondió, con qué se entrenó y por qué.",
    )
    no_id = Text("Enter the id of a prediction.", "Escriba el id de una predicción.")
    not_an_id = Text(
        "“{given}” is no prediction id. Those look like 5f0c1d3e-9a47-4c7e-8d21-6b1f0a2c9e54.",
        "«{given}» no es un id de predicción. Son como 5f0c1d3e-9a47-4c7e-8d21-6b1f0a2c9e54.",
    )
    predicted_at = Text("Answered", "Respondida")
    trained_on = Text("Trained on", "Entrenado con")
    training_rows = Text("{rows} rows up to batch {batch}", "{rows} filas hasta el lote {batch}")
    digest = Text("Digest of the rows", "Resumen de las filas")
    dag_run = Text("Run in Airflow", "Ejecución en Airflow")
    why_trained = Text("Why it was trained", "Por qué se entrenó")
    was_refused = Text("That request was refused ({status}).", "Esa petición fue rechazada ({status}).")
