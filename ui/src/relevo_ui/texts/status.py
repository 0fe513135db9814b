"""Texts of the tab *Status*.

`status_<kind>` says why a service is not well, `<service>_<kind or state>` what follows from it and what to do.
"""

from relevo_ui.texts.text import Spoken, Text


class StatusTexts(Spoken):
    services = Text("Services", "Servicios")
    service = Text("Service", "Servicio")
    well = Text("well", "bien")
    ill = Text("not well", "no está bien")
    down = Text("down", "caído")
    up_since = Text("Up since", "Activo desde")
    seen_since = Text("seen since {since}", "visto desde {since}")
    service_version = Text("Version", "Versión")
    latency = Text("Latency", "Latencia")
    looking = Text("Looking at every service …", "Consultando cada servicio…")
    looked_at = Text(
        "Looked at {at}; again every {seconds} seconds.", "Consultado a las {at}; otra vez cada {seconds} segundos."
    )
    everything_well = Text("Everything is well.", "Todo está bien.")
    troubles = Text("{count} of {total} services are not well.", "{count} de {total} servicios no están bien.")
    open_ui = Text("Open", "Abrir")
    # What else one wants to know.
    journal_queue = Text("Predictions that wait for their database", "Predicciones que esperan a su base de datos")
    journal_unknown = Text(
        "not known: the model server does not answer", "no se sabe: el servidor de modelos no responde"
    )
    last_promotion = Text("Last promotion", "Última promoción")
    last_promotion_told = Text(
        "Version {version} at {at}, by {by}. {reason}", "Versión {version}, {at}, por {by}. {reason}"
    )
    promotions_unknown = Text(
        "not known: the raw database does not answer ({reason})",
        "no se sabe: la base de datos raw no responde ({reason})",
    )
    links = Text("Pages of the services", "Páginas de los servicios")
    # Names.
    name_page = Text("This page", "Esta página")
    name_inference = Text("Model server", "Servidor de modelos")
    name_mlflow = Text("MLflow: tracking and registry", "MLflow: seguimiento y registro")
    name_airflow_api = Text("Airflow: API server", "Airflow: servidor API")
    name_airflow_scheduler = Text("Airflow: scheduler", "Airflow: planificador")
    name_airflow_dag_processor = Text("Airflow: DAG processor", "Airflow: procesador de DAGs")
    name_airflow_triggerer = Text("Airflow: triggerer", "Airflow: disparador")
    name_raw_db = Text("Raw database", "Base de datos raw")
    name_clean_db = Text("Clean database", "Base de datos clean")
    name_data_api = Text("Data API", "API de datos")
    name_prometheus = Text("Prometheus", "Prometheus")
    name_grafana = Text("Grafana", "Grafana")
    # Why it is not well.
    status_unreachable = Text("It does not answer ({detail}).", "No responde ({detail}).")
    status_refused = Text("It answers with an error ({detail}).", "Responde con un error ({detail}).")
    status_unintelligible = Text(
        "Something else answers at its address ({detail}): check the setting.",
        "Otra cosa responde en su dirección ({detail}): revise la configuración.",
    )
    status_login = Text(
        "It answers, but does not let the page in: {detail}.",
        "Responde, pero no deja entrar a la página: {detail}.",
    )
    status_degraded = Text("It says: {detail}.", "Dice: {detail}.")
    status_no_model = Text("It has no model yet: {detail}.", "Aún no tiene modelo: {detail}.")
    status_heartbeat = Text("No sign of life (last one: {detail}).", "No da señales de vida (la última: {detail}).")
    # What follows from it, and what to do.
    inference_down = Text(
        "Nothing can be predicted. Start it (docker compose up -d inference) or look at its log.",
        "No se puede predecir nada. Inícielo (docker compose up -d inference) o mire su registro.",
    )
    inference_no_model = Text(
        "Start a run on the tab “Pipeline”.", "Inicie una ejecución en la pestaña «Pipeline»."
    )
    inference_ill = Text(
        "It keeps answering with the last good model, and keeps predictions on its disk until they can be stored.",
        "Sigue respondiendo con el último modelo bueno y guarda las predicciones en su disco hasta poder "
        "almacenarlas.",
    )
    mlflow_down = Text(
        "The model server answers with the last good model and says so; runs fail at assess or train, "
        "nothing is "
        "promoted. Start it (docker compose up -d mlflow) or look at its log.",
        "El servidor de modelos responde con el último modelo bueno y lo dice; las ejecuciones fallan en "
        "assess o "
        "train y nada se promueve. Inícielo (docker compose up -d mlflow) o mire su registro.",
    )
    airflow_api_down = Text(
        "No run can be started or watched here, and tasks cannot report. Start it "
        "(docker compose up -d airflow-api-server) or look at its log.",
        "No se puede iniciar ni seguir ninguna ejecución y las tareas no pueden informar. Inícielo "
        "(docker compose up -d airflow-api-server) o mire su registro.",
    )
    airflow_api_ill = Text(
        "Set AIRFLOW_API_USER and AIRFLOW_API_PASSWORD to a user of Airflow, or look at its database.",
        "Defina AIRFLOW_API_USER y AIRFLOW_API_PASSWORD con un usuario de Airflow, o mire su base de datos.",
    )
    airflow_scheduler_down = Text(
        "No task starts any more. Start it (docker compose up -d airflow-scheduler).",
        "Ninguna tarea empieza ya. Inícielo (docker compose up -d airflow-scheduler).",
    )
    airflow_dag_processor_down = Text(
        "Runs go on, but changed or new DAGs are not read. Start it (docker compose up -d airflow-dag-processor).",
        "Las ejecuciones siguen, pero no se leen DAGs nuevos o cambiados. Inícielo (docker compose up -d "
        "airflow-dag-processor).",
    )
    airflow_triggerer_down = Text(
        "Deferred tasks wait. Start it (docker compose up -d airflow-triggerer).",
        "Las tareas diferidas esperan. Inícielo (docker compose up -d airflow-triggerer).",
    )
    raw_db_down = Text(
        "Runs stop at collect, and predictions wait on the model server’s disk. Start it (docker compose up "
        "-d raw-db).",
        "Las ejecuciones se detienen en collect y las predicciones esperan en el disco del servidor de modelos. "
        "Iníciela (docker compose up -d raw-db).",
    )
    clean_db_down = Text(
        "Runs stop, and the history cannot be read. Start it (docker compose up -d clean-db).",
        "Las ejecuciones se detienen y el historial no se puede leer. Iníciela (docker compose up -d clean-db).",
    )
    data_api_down = Text(
        "The next run will fail at collect and say so. Start it, or check DATA_API_URL.",
        "La próxima ejecución fallará en collect y lo dirá. Iníciela o revise DATA_API_URL.",
    )
    prometheus_down = Text(
        "No figures are collected. Start it (docker compose up -d prometheus).",
        "No se recogen métricas. Inícielo (docker compose up -d prometheus).",
    )
    grafana_down = Text(
        "There are no dashboards. Start it (docker compose up -d grafana).",
        "No hay paneles. Inícielo (docker compose up -d grafana).",
    )
