"""Texts of the tab *Status*."""

from relevo_ui.texts.text import Spoken, Text


class StatusTexts(Spoken):
    model_server_answers = Text("The model server at {url} answers.", "El servidor de modelos en {url} responde.")
