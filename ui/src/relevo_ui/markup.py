"""The page's own HTML, from templates that escape every value."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from relevo_contract.card import Card
from relevo_contract.metrics import in_unit

from relevo_ui.answers import Explanation, Lineage, Prediction, Production
from relevo_ui.links import Links
from relevo_ui.many import Progress
from relevo_ui.texts import LANGUAGES, Texts
from relevo_ui.trouble import Advice
from relevo_ui.why import variations, waterfall
from relevo_ui.wording import figure, moment, percent

_templates = Environment(
    loader=PackageLoader("relevo_ui"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def header(texts: Texts, links: Links, production: Production | None, status: str) -> str:
    """The title and what is in production; `status` stands in when nothing is known to be."""
    return render("header", texts, links=links, production=production, status=status, since=_since(production))


def switches(texts: Texts) -> str:
    """The other languages, and the switch between light and dark; `browser.js` makes it work."""
    return render("switches", texts, languages=[Texts(language) for language in LANGUAGES])


def notice(texts: Texts, advice: Advice | None) -> str:
    """A sentence that something is wrong, or nothing."""
    return render("notice", texts, advice=advice) if advice else ""


def hint(texts: Texts, sentence: str) -> str:
    """A sentence where nothing is to be shown yet."""
    return render("hint", texts, sentence=sentence)


def result(
    texts: Texts, links: Links, production: Production, prediction: Prediction, requests: Mapping[str, str]
) -> str:
    """A prediction with all that is known about where it comes from; `requests` by the name of their language."""
    card = production.card
    target = card.target
    shares = sorted((prediction.probabilities or {}).items(), key=lambda share: share[1], reverse=True)
    if prediction.value is not None:
        answer = in_unit(prediction.value, target.unit)
    else:
        answer = prediction.label_name or target.display(prediction.label or "")
    return render(
        "result",
        texts,
        links=links,
        prediction=prediction,
        target=target,
        answer=answer,
        interval=_interval(texts, prediction, target.unit),
        threshold=_threshold(texts, card),
        shares=[
            (target.display(label), percent(share), share, label == prediction.label) for label, share in shares
        ],
        simulated=card.data == "simulated",
        since=_since(production),
        requests=requests,
    )


def why(texts: Texts, explanation: Explanation, card: Card, answered: str) -> str:
    """Why the version in production answers as it does; `answered` is the version that did."""
    return render(
        "why",
        texts,
        explanation=explanation,
        steps=waterfall(explanation, card, texts),
        variations=variations(explanation, card, texts),
        other_version=explanation.model.version if explanation.model.version != answered else None,
    )


def lineage(texts: Texts, links: Links, found: Lineage) -> str:
    """Where an earlier prediction came from."""
    return render("lineage", texts, links=links, found=found, predicted_at=moment(found.predicted_at))


def progress(texts: Texts, now: Progress, trouble: str = "", *, ended: bool = False) -> str:
    """How far the predictions of a file are."""
    return render("progress", texts, now=now, ended=ended, trouble=trouble)


def done(texts: Texts, sentence: str) -> str:
    """A sentence that something has been done."""
    return render("done", texts, sentence=sentence)


def login(texts: Texts, said: str) -> str:
    """A whole page that asks for the password; `said` is what was wrong with the last one."""
    return render("login", texts, said=said)


def status(texts: Texts, **found: Any) -> str:
    """Every service, and what else one wants to know."""
    return render("status", texts, **found)


def render(template: str, texts: Texts, **values: Any) -> str:
    """A template of `templates/`, with the texts as `t`. Every value is escaped."""
    return _templates.get_template(f"{template}.html").render(t=texts, **values)


def _interval(texts: Texts, prediction: Prediction, unit: str | None) -> str:
    interval = prediction.interval
    if interval is None:
        return ""
    low, high = in_unit(interval.low, unit), in_unit(interval.high, unit)
    return texts.interval.format(low=low, high=high, coverage=figure(100 * interval.coverage))


def _threshold(texts: Texts, card: Card) -> str:
    """From which probability on the positive class, the second, is answered; nothing where the likeliest wins."""
    threshold: float | None = getattr(card, "threshold", None)
    if threshold is None or len(card.labels) < 2:
        return ""
    return texts.threshold.format(name=card.target.display(card.labels[1]), threshold=percent(threshold))


def _since(production: Production | None) -> str | None:
    return moment(production.model.since) if production else None
