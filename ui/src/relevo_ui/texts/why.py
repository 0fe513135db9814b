"""Texts for why one answer is as it is."""

from relevo_ui.texts.text import Spoken, Text


class WhyTexts(Spoken):
    why_this_answer = Text("Why this answer?", "¿Por qué esta respuesta?")
    why_probability = Text(
        "From the average answer to what each column adds to the probability of “{output}”, in percentage points.",
        "De la respuesta media, lo que cada columna añade a la probabilidad de «{output}», en puntos porcentuales.",
    )
    why_value = Text(
        "From the average answer to what each column adds to the {output}.",
        "De la respuesta media a lo que cada columna añade al valor de {output}.",
    )
    base = Text("On average", "En promedio")
    answer_here = Text("This answer", "Esta respuesta")
    value = Text("Value", "Valor")
    adds = Text("Adds", "Añade")
    other_columns = Text("{count} other columns", "otras {count} columnas")
    what_would_change = Text("What would change it?", "¿Qué la cambiaría?")
    varied = Text("The answer while only “{column}” changes", "La respuesta si solo cambia «{column}»")
    varied_range = Text(
        "From {low} to {high}: between {least} and {most}; here {here}.",
        "De {low} a {high}: entre {least} y {most}; aquí {here}.",
    )
    here = Text("here", "aquí")
    why_note = Text(
        "SHAP values against {rows} training rows: what the model does with a column, not what the world would do.",
        "Valores SHAP frente a {rows} filas de entrenamiento: lo que el modelo hace con una columna, "
        "no lo que haría el mundo.",
    )
    another_version = Text(
        "Explained is version {version}, which is in production by now.",
        "Se explica la versión {version}, que está en producción ahora.",
    )
