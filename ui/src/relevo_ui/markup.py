"""The page's own HTML, from templates that escape every value."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from relevo_ui.inference import Prediction, Production
from relevo_ui.links import Links
from relevo_ui.story import Story
from relevo_ui.texts import LANGUAGES, Texts
from relevo_ui.trouble import Advice
from relevo_ui.wording import figure, moment

_templates = Environment(
    loader=PackageLoader("relevo_ui"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def header(texts: Texts, links: Links, production: Production | None, status: str) -> str:
    """The title and what is in production; `status` stands in when nothing is known to be."""
    return _render("header", texts, links=links, production=production, status=status, since=_since(production))


def switches(texts: Texts) -> str:
    """The other languages, and the switch between light and dark; `browser.js` makes it work."""
    return _render("switches", texts, languages=[Texts(language) for language in LANGUAGES])


def notice(texts: Texts, advice: Advice | None) -> str:
    """A sentence that something is wrong, or nothing."""
    return _render("notice", texts, advice=advice) if advice else ""


def hint(texts: Texts, sentence: str) -> str:
    """A sentence where nothing is to be shown yet."""
    return _render("hint", texts, sentence=sentence)


def result(texts: Texts, links: Links, production: Production, prediction: Prediction) -> str:
    """A prediction with everything that is known about where it comes from."""
    target = production.card.target
    shares = sorted((prediction.probabilities or {}).items(), key=lambda share: share[1], reverse=True)
    if prediction.value is not None:
        answer = figure(prediction.value)
    else:
        answer = prediction.label_name or target.display(prediction.label or "")
    return _render(
        "result",
        texts,
        links=links,
        prediction=prediction,
        target=target,
        answer=answer,
        shares=[(target.display(label), share, label == prediction.label) for label, share in shares],
        simulated=production.card.data == "simulated",
        since=_since(production),
    )


def history(texts: Texts, stories: Sequence[Story]) -> str:
    """The table of runs."""
    return _render("history", texts, stories=stories)


def _render(template: str, texts: Texts, **values: Any) -> str:
    return _templates.get_template(f"{template}.html").render(t=texts, **values)


def _since(production: Production | None) -> str | None:
    return moment(production.model.since) if production else None
