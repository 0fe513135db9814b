"""Texts of the tab *History*."""

from relevo_ui.texts.text import Spoken, Text


class HistoryTexts(Spoken):
    batch = Text("Batch", "Lote")
    rows = Text("Rows", "Filas")
    received = Text("received", "recibidas")
    rejected = Text("rejected", "rechazadas")
    new = Text("new", "nuevas")
    missing_columns = Text("Missing columns: {found}", "Columnas que faltan: {found}")
    unexpected_columns = Text("Unexpected columns: {found}", "Columnas inesperadas: {found}")
    rejected_values = Text("Rejected values: {found}", "Valores rechazados: {found}")
    wrong_content_type = Text("Came as {found}, read as JSON", "Llegó como {found} y se leyó como JSON")
    same_body = Text(
        "The same answer, byte for byte, as collection {found}",
        "La misma respuesta, byte a byte, que la colección {found}",
    )
    trained = Text("Trained?", "¿Entrenado?")
    promoted = Text("Promoted?", "¿Promovido?")
    score = Text("Score", "Puntuación")
    champion = Text("champion", "campeón")
    challenger = Text("challenger", "aspirante")
    running = Text("running", "en curso")
    not_carried_out = Text("not carried out", "no realizado")
    failed = Text("failed", "fallida")
    failed_in = Text("Failed in “{task}”:", "Falló en «{task}»:")
    exhausted = Text("No more data", "No hay más datos")
    no_runs = Text(
        "No run is on record yet. The first one appears here as soon as it starts.",
        "Aún no hay ninguna ejecución registrada. La primera aparece aquí en cuanto empieza.",
    )
    open_airflow = Text("Open Airflow", "Abrir Airflow")
    history_unreachable = Text(
        "The database with the history does not answer ({reason}). Start it, or check CLEAN_DB_URL; "
        "this page finds it again by itself.",
        "La base de datos con el historial no responde ({reason}). Iníciela o revise CLEAN_DB_URL; "
        "esta página la vuelve a encontrar por sí sola.",
    )
