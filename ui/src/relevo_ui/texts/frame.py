"""Texts of the header, the tabs, and of whatever stands on more than one of them."""

from relevo_ui.texts.text import Spoken, Text


class FrameTexts(Spoken):
    """The name of the language is in the language itself."""

    title = Text("Relevo", "Relevo")
    subtitle = Text("What is in production, since when, and why", "Qué está en producción, desde cuándo y por qué")
    language_name = Text("English", "Español")
    language_switch = Text("Language", "Idioma")
    theme_switch = Text("Light or dark", "Claro u oscuro")
    problem = Text("Problem", "Problema")
    # The tabs.
    predict = Text("Predict", "Predecir")
    history = Text("History", "Historial")
    explain = Text("Explain", "Explicar")
    pipeline = Text("Pipeline", "Pipeline")
    status = Text("Status", "Estado")

    refresh = Text("Refresh", "Actualizar")
    simulated = Text("simulated data", "datos simulados")
    in_production = Text("In production", "En producción")
    version = Text("Version {version}", "Versión {version}")
    short_version = Text("v{version}", "v{version}")
    since = Text("in production since {since}", "en producción desde el {since}")
    none_in_production = Text("no model in production", "ningún modelo en producción")
    no_answer = Text("model server not available", "servidor de modelos no disponible")
    stale = Text(
        "The registry does not answer, so this is the last version the model server knows. "
        "A newer one may be in production.",
        "El registro de modelos no responde, así que esta es la última versión que el servidor conoce. "
        "Puede haber una más nueva en producción.",
    )
    stale_short = Text("registry not reachable", "registro no accesible")
    waiting_for_model = Text("Looking for the model in production …", "Buscando el modelo en producción…")
    yes = Text("Yes", "Sí")
    no = Text("No", "No")
