"""Texts of the tab *Pipeline*."""

from relevo_ui.texts.text import Spoken, Text


class PipelineTexts(Spoken):
    start_run = Text("Start a run", "Iniciar una ejecución")
    unpause = Text("Unpause", "Reanudar")
    dag_paused = Text(
        "The pipeline of {problem} is paused in Airflow: a run that is started waits until somebody unpauses it.",
        "El pipeline de {problem} está en pausa en Airflow: una ejecución iniciada espera hasta que alguien lo "
        "reanude.",
    )
    dag_schedule_too = Text(
        "Unpaused, it also runs by itself ({schedule}).",
        "Reanudado, también se ejecuta por sí solo ({schedule}).",
    )
    dag_ready = Text(
        "The pipeline of {problem} is ready. It runs {schedule}.",
        "El pipeline de {problem} está listo. Se ejecuta {schedule}.",
    )
    dag_scheduled = Text(
        "by itself ({schedule}) and when it is started", "por sí solo ({schedule}) y cuando se inicia"
    )
    dag_manual = Text("when it is started", "cuando se inicia")
    dag_unknown = Text(
        "Airflow knows no pipeline of {problem}. Is it among PROBLEMS? Its DAG processor reads new ones within "
        "minutes.",
        "Airflow no conoce ningún pipeline de {problem}. ¿Está en PROBLEMS? Su procesador de DAGs lee los "
        "nuevos en minutos.",
    )
    run_started = Text("Started run {run}.", "Ejecución {run} iniciada.")
    run_refused = Text("Not started: {reason}", "No se inició: {reason}")
    dag_unpaused = Text("Unpaused.", "Reanudado.")
    no_run_yet = Text("Nobody has started a run yet.", "Nadie ha iniciado aún una ejecución.")
    run_state_queued = Text("waiting", "en espera")
    run_state_running = Text("running", "en curso")
    run_state_success = Text("went through", "completada")
    run_state_failed = Text("failed", "fallida")
    run_heading = Text("Run", "Ejecución")
    run_waits_paused = Text(
        "It waits because the pipeline is paused: unpause it above.",
        "Espera porque el pipeline está en pausa: reanúdelo arriba.",
    )
    run_waits_turn = Text(
        "It waits for the run before it, or for Airflow’s scheduler.",
        "Espera a la ejecución anterior o al planificador de Airflow.",
    )
    task = Text("Task", "Tarea")
    task_took = Text("Took", "Duró")
    task_none = Text("not yet", "aún no")
    task_scheduled = Text("next", "siguiente")
    task_queued = Text("waits for a worker", "espera un worker")
    task_running = Text("running", "en curso")
    task_success = Text("done", "hecha")
    task_failed = Text("failed", "fallida")
    task_skipped = Text("skipped", "omitida")
    task_upstream_failed = Text("not reached", "no alcanzada")
    task_up_for_retry = Text("will be tried again", "se intentará de nuevo")
    task_deferred = Text("waits", "espera")
    task_awaiting_input = Text("waits for a person", "espera a una persona")
    task_removed = Text("removed", "eliminada")
    task_try = Text("try {number}", "intento {number}")
    queued_long = Text(
        "{task} has waited for a worker for {seconds} s: every worker is busy, the pool is full, or the worker "
        "is down.",
        "{task} lleva {seconds} s esperando un worker: todos están ocupados, el pool está lleno o el worker no "
        "funciona.",
    )
    approve_in_airflow = Text(
        "A person has to approve or reject the promotion: Required actions in Airflow",
        "Una persona tiene que aprobar o rechazar la promoción: Required actions en Airflow",
    )
    log_of = Text("Last lines of the log of {task}", "Últimas líneas del registro de {task}")
    log_needs_operator = Text(
        "Signed in, you see the log’s last lines here.", "Si entra, verá aquí las últimas líneas del registro."
    )
    log_empty = Text("The log has no line yet.", "El registro aún no tiene líneas.")
    run_ended_decision = Text("Decision", "Decisión")
    run_ended_verdict = Text("Verdict", "Veredicto")
    run_ended_error = Text("What went wrong", "Qué falló")
    run_on_record = Text("On record", "Registrado")
    run_not_recorded = Text(
        "Nothing is on record about this run yet.", "Aún no hay nada registrado de esta ejecución."
    )
    # Each API by hand.
    call_by_hand = Text("Call an API by hand", "Llamar a una API a mano")
    call = Text("Call", "Llamada")
    call_query = Text("Query", "Consulta")
    call_body = Text("Body (JSON)", "Cuerpo (JSON)")
    call_send = Text("Send", "Enviar")
    call_request = Text("Request", "Petición")
    call_answer = Text("Answer", "Respuesta")
    call_ok = Text(
        "Succeeded: {status} {phrase}, {ms} ms, {size}.", "Correcto: {status} {phrase}, {ms} ms, {size}."
    )
    call_error = Text("Failed: {status} {phrase}, {ms} ms, {size}.", "Falló: {status} {phrase}, {ms} ms, {size}.")
    call_no_answer = Text("Failed: {url} does not answer ({reason}).", "Falló: {url} no responde ({reason}).")
    call_bad_body = Text(
        "Not sent: the body is no JSON ({reason}).", "No se envió: el cuerpo no es JSON ({reason})."
    )
    call_cut = Text("… cut here; the whole answer has {size}.", "… cortado aquí; la respuesta entera tiene {size}.")
    call_takes_a_batch = Text(
        "This takes a batch away from the pipeline: what the data API gives you here, no run will get.",
        "Esto le quita un lote al pipeline: lo que la API de datos le dé aquí no lo recibirá ninguna ejecución.",
    )
    call_restarts = Text(
        "This starts the data over: the following runs get the first batches again.",
        "Esto reinicia los datos: las siguientes ejecuciones reciben otra vez los primeros lotes.",
    )
    call_is_recorded = Text(
        "The model server writes this prediction down like any other.",
        "El servidor de modelos registra esta predicción como cualquier otra.",
    )
    service_inference = Text("Model server", "Servidor de modelos")
    service_data_api = Text("Data API", "API de datos")
    service_mlflow = Text("MLflow", "MLflow")
    service_airflow = Text("Airflow", "Airflow")
