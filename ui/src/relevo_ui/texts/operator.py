"""Texts of signing in, and of what needs it."""

from relevo_ui.texts.text import Spoken, Text


class OperatorTexts(Spoken):
    operator = Text("Operator", "Operador")
    sign_in = Text("Sign in", "Entrar")
    sign_out = Text("Sign out", "Salir")
    sign_in_told = Text(
        "To start runs, promote or roll back, sign in with the operator’s password "
        "(OPERATOR_PASSWORD in .env; operator_password in var/demo/secrets.json).",
        "Para iniciar ejecuciones, promover o volver atrás, entre con la contraseña del operador "
        "(OPERATOR_PASSWORD en .env; operator_password en var/demo/secrets.json).",
    )
    your_name = Text("Your name", "Su nombre")
    your_name_hint = Text("goes on record with what you do", "queda registrado con lo que haga")
    password = Text("Operator’s password", "Contraseña del operador")
    signed_in = Text(
        "{name} may operate the stack until {until}.", "{name} puede operar el sistema hasta las {until}."
    )
    no_operator = Text(
        "Nobody may operate the stack from this page: OPERATOR_PASSWORD is not set. `make env` makes one.",
        "Nadie puede operar el sistema desde esta página: OPERATOR_PASSWORD no está definida. `make env` crea una.",
    )
    nameless = Text("Give your name, of at most 64 characters.", "Indique su nombre, de 64 caracteres como máximo.")
    wrong_password = Text("That is not the operator’s password.", "Esa no es la contraseña del operador.")
    too_many_tries = Text(
        "Too many wrong passwords. Try again in {seconds} seconds.",
        "Demasiadas contraseñas incorrectas. Inténtelo de nuevo en {seconds} segundos.",
    )
    signed_out = Text(
        "Sign in first: this needs the operator’s password.",
        "Entre primero: esto requiere la contraseña del operador.",
    )
    # The whole page behind a password.
    page_password = Text("Password", "Contraseña")
    page_sign_in_told = Text("This page asks for a password.", "Esta página pide una contraseña.")
    page_wrong_password = Text("That is not the password.", "Esa no es la contraseña.")
    # Airflow as the page reaches it.
    airflow_unreachable = Text(
        "Airflow at {url} does not answer ({reason}). Start it, or look at its log; this page finds it again by "
        "itself.",
        "Airflow en {url} no responde ({reason}). Inícielo o mire su registro; esta página lo vuelve a "
        "encontrar por sí sola.",
    )
    airflow_login = Text(
        "Airflow does not let the page in: {reason}. Set AIRFLOW_API_USER and AIRFLOW_API_PASSWORD to a user of "
        "Airflow.",
        "Airflow no deja entrar a la página: {reason}. Defina AIRFLOW_API_USER y AIRFLOW_API_PASSWORD con un "
        "usuario de Airflow.",
    )
    airflow_refused = Text("Airflow refused: {reason}.", "Airflow lo rechazó: {reason}.")
