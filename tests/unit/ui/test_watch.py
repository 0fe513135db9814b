"""The clock that looks what is in production."""

import gradio as gr
from relevo_ui.app import Watch
from relevo_ui.inference import ModelServer
from relevo_ui.links import Links
from relevo_ui.texts import ENGLISH
from support.processes import free_port


def test_a_look_does_not_take_back_what_was_chosen_while_it_looked(links: Links) -> None:
    watch = Watch(ModelServer(f"http://127.0.0.1:{free_port()}", api_key=None), ENGLISH, links)
    chosen, *_ = watch("animals", None)
    assert chosen == "animals"
    unchanged, *_ = watch.again("animals", None)
    assert unchanged == gr.skip()
