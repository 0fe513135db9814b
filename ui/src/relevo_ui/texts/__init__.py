"""Every sentence of the page, by the part of the page it stands on.

A new text is one line in its part's module, in all languages at once. Names are flat over all parts (a test says
so): `texts.submit` in Python, `t.submit` in templates.
"""

from relevo_ui.texts.explain import ExplainTexts
from relevo_ui.texts.frame import FrameTexts
from relevo_ui.texts.history import HistoryTexts
from relevo_ui.texts.many import ManyTexts
from relevo_ui.texts.operator import OperatorTexts
from relevo_ui.texts.pipeline import PipelineTexts
from relevo_ui.texts.predict import PredictTexts
from relevo_ui.texts.status import StatusTexts
from relevo_ui.texts.text import LANGUAGES, Language
from relevo_ui.texts.trouble import TroubleTexts
from relevo_ui.texts.why import WhyTexts

__all__ = ["ENGLISH", "LANGUAGES", "SPANISH", "Language", "Texts"]


class Texts(
    FrameTexts,
    PredictTexts,
    ManyTexts,
    WhyTexts,
    ExplainTexts,
    HistoryTexts,
    OperatorTexts,
    PipelineTexts,
    StatusTexts,
    TroubleTexts,
):  # one base a part
    """All texts, read in one language."""


ENGLISH, SPANISH = Texts("en"), Texts("es")
