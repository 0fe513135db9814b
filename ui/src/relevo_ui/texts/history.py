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
    # The chart of scores.
    scores = Text("Scores over the batches", "Puntuaciones a lo largo de los lotes")
    scores_of = Text("{metric} over the batches", "{metric} a lo largo de los lotes")
    scores_told = Text(
        "Scores of production and challenger over {batches} batches; the table below has every figure.",
        "Puntuaciones de producción y aspirante en {batches} lotes; la tabla de abajo tiene cada cifra.",
    )
    champion_on_test = Text("production, on the test rows", "producción, en las filas de prueba")
    challenger_on_test = Text("challenger, on the same rows", "aspirante, en las mismas filas")
    production_on_new = Text("production, on the new rows", "producción, en las filas nuevas")
    promotion_by_run = Text("promoted by a run", "promovido por una ejecución")
    promotion_by_hand = Text("moved by hand", "cambiado a mano")
    promotion_told = Text("{at}: version {version} by {by}. {reason}", "{at}: versión {version} por {by}. {reason}")
    no_scores = Text("No model has been scored yet.", "Aún no se ha puntuado ningún modelo.")
    # Drift.
    drift = Text("Drift by column and batch", "Deriva por columna y lote")
    drift_told = Text(
        "PSI of each batch’s new rows against the training rows of the model that was in production; "
        "a frame marks what counts as drifted.",
        "PSI de las filas nuevas de cada lote frente a las filas de entrenamiento del modelo que estaba en "
        "producción; un marco señala lo que cuenta como deriva.",
    )
    column = Text("Column", "Columna")
    drifted = Text(
        "drifted: the difference is significant and large", "deriva: la diferencia es significativa y grande"
    )
    drifted_short = Text("Drifted?", "¿Deriva?")
    drifted_of = Text("{drifted} of {columns} columns", "{drifted} de {columns} columnas")
    not_compared = Text("not compared", "no comparado")
    no_drift = Text(
        "No batch has been compared with a model in production yet.",
        "Aún no se ha comparado ningún lote con un modelo en producción.",
    )
    # Filters.
    state = Text("State", "Estado")
    decision = Text("Decision", "Decisión")
    verdict = Text("Verdict", "Veredicto")
    search = Text("Text", "Texto")
    search_hint = Text("reason, batch, version …", "motivo, lote, versión…")
    anything = Text("all", "todos")
    state_succeeded = Text("went through", "completada")
    state_failed = Text("failed", "fallida")
    state_running = Text("running", "en curso")
    state_exhausted = Text("no more data", "sin más datos")
    decision_train = Text("trained", "entrenado")
    decision_skip = Text("not trained", "no entrenado")
    verdict_promoted = Text("promoted", "promovido")
    verdict_rejected = Text("rejected", "rechazado")
    nothing_matches = Text(
        "No run matches. Change the filters above.", "Ninguna ejecución coincide. Cambie los filtros."
    )
    # One run in full.
    details = Text("Details", "Detalles")
    details_of = Text("Details of batch {batch}", "Detalles del lote {batch}")
    close = Text("Close", "Cerrar")
    airflow_run = Text("Run in Airflow", "Ejecución en Airflow")
    mlflow_run = Text("Run in MLflow", "Ejecución en MLflow")
    drift_report = Text("Drift report", "Informe de deriva")
    rule_fired = Text("fired", "se cumple")
    rule_silent = Text("silent", "no se cumple")
    recorded = Text("recorded at its training: {low}…{high}", "registrado en su entrenamiento: {low}…{high}")
    test = Text("Test", "Prueba")
    new_categories = Text("Categories never seen in training", "Categorías nunca vistas en el entrenamiento")
    compared = Text("Compared on the same rows", "Comparado en las mismas filas")
    difference = Text("Difference (95 %)", "Diferencia (95 %)")
    too_few = Text("too few to judge", "muy pocas para juzgar")
    served_form = Text("Served form", "Forma servida")
    parity = Text("Largest difference to the trained form", "Mayor diferencia con la forma entrenada")
    latency_row = Text("One row", "Una fila")
    what_changed = Text("What changed against production", "Qué cambió frente a producción")
    whole_record = Text("The whole record", "El registro completo")
    run_is_gone = Text("This run is not on record any more.", "Esta ejecución ya no está registrada.")
    # What was in production, and changing it.
    promotions = Text("Who moved production", "Quién cambió la producción")
    when = Text("When", "Cuándo")
    what = Text("What", "Qué")
    who = Text("Who", "Quién")
    why = Text("Why", "Por qué")
    no_promotions = Text("Nothing has been promoted yet.", "Aún no se ha promovido nada.")
    change_production = Text("Change what is in production", "Cambiar lo que está en producción")
    change_told = Text(
        "This does what “make promote” and “make rollback” do: it goes on record with your name and your reason, "
        "and the next prediction is the chosen version’s.",
        "Hace lo mismo que «make promote» y «make rollback»: queda registrado con su nombre y su motivo, y la "
        "siguiente predicción es de la versión elegida.",
    )
    version_to_promote = Text("Version", "Versión")
    reason = Text("Reason", "Motivo")
    reason_hint = Text("goes on record", "queda registrado")
    promote = Text("Promote this version", "Promover esta versión")
    roll_back = Text("Roll back to the previous version", "Volver a la versión anterior")
    choose_a_version = Text("Choose a version first.", "Elija primero una versión.")
    give_a_reason = Text(
        "Say why, for the record: a change without a reason is not made.",
        "Diga por qué: un cambio sin motivo no se hace.",
    )
    change_asked = Text(
        "Asked for; Airflow makes the change in a moment ({state}) …",
        "Solicitado; Airflow hace el cambio en un momento ({state})…",
    )
    change_done = Text("Done. {sentence}", "Hecho. {sentence}")
    change_not_done = Text("Not done: {sentence}", "No se hizo: {sentence}")
    change_silent = Text(
        "the run in Airflow ended without a word; its log says more. Ask again in the same words to finish it.",
        "la ejecución en Airflow terminó sin decir nada; su registro dice más. Pídalo otra vez con las mismas "
        "palabras para terminarlo.",
    )
    change_waits = Text(
        "Airflow has not made the change yet. Its scheduler or its worker may be down: look at the tab “Status”.",
        "Airflow aún no ha hecho el cambio. Quizá su planificador o su worker no funcionen: mire la pestaña "
        "«Estado».",
    )
    versions_unknown = Text(
        "MLflow does not answer ({reason}), so the versions are not known.",
        "MLflow no responde ({reason}), así que no se conocen las versiones.",
    )
