"""What the page gives to each of its tabs."""

from dataclasses import dataclass

import gradio as gr

from relevo_ui.inference import ModelServer
from relevo_ui.links import Links
from relevo_ui.settings import Settings
from relevo_ui.texts import Texts


@dataclass(frozen=True)
class Frame:
    """The page that is being built, in one language, and what every session of it knows.

    `problem` is the name of the problem that is looked at; `form` its `Form`, or None while no card is known;
    `production` the `Production` that was last seen of it, or None. Tabs listen to their changes.
    `answered` counts predictions: the tab that makes one raises it, and the page looks at once what is in
    production now. `operator` is the `Operator` who has signed in, or None. `notice` is where the page says what is
    wrong; the tab *Predict* draws it.
    """

    settings: Settings
    texts: Texts
    links: Links
    server: ModelServer
    page: gr.Blocks
    problem: gr.State
    form: gr.State
    production: gr.State
    answered: gr.State
    operator: gr.State
    notice: gr.HTML
