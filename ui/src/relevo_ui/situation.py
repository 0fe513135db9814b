"""What is in production right now, or what keeps the page from knowing it."""

from dataclasses import dataclass

from relevo_ui.answers import Production
from relevo_ui.inference import Listed, ModelServer, ModelServerError


@dataclass(frozen=True)
class Situation:
    """Either `production` or `trouble` is set. `problem` may be empty while the server is out of reach."""

    problem: str
    listed: tuple[Listed, ...] = ()
    production: Production | None = None
    trouble: ModelServerError | None = None


def look(server: ModelServer, wanted: str) -> Situation:
    """Ask the model server about the problem `wanted`, or about its default one if that is not served."""
    try:
        listed = tuple(server.models())
    except ModelServerError as error:
        return Situation(wanted, trouble=error)
    # The default first, so that it is taken when the wanted one is not served.
    names = [model.name for model in sorted(listed, key=lambda model: not model.default)]
    problem = wanted if wanted in names or not names else names[0]
    try:
        return Situation(problem, listed, production=server.production(problem))
    except ModelServerError as error:
        return Situation(problem, listed, trouble=error)
