"""What the data API and its callers agree on besides the rows."""

from collections.abc import Mapping
from dataclasses import dataclass

# Every request says for which run it is, so that the data API's own log can prove how many there were.
RUN_ID_HEADER = "X-Relevo-Run-Id"
# "real" or "simulated"; a data API that does not say is the real one.
DATA_HEADER = "X-Relevo-Data"
# With status 400: everything has been delivered.
END_OF_DATA = "Ya se recolectó toda la información mínima necesaria"
# In an address: the name of the problem that is asked for.
PLACEHOLDER = "{problem}"


@dataclass(frozen=True)
class Address:
    """Where one problem's data is asked for: `url` without a slash at its end, and what goes with the request."""

    url: str
    group_number: int
    parameters: Mapping[str, str]


Special = Mapping[str, Mapping[str, str]]


def special(text: str) -> Special:
    """What differs for single problems, by problem: `houses.day=Tuesday flowers.group_number=7`.

    Raises:
        ValueError: with a sentence that quotes the part that is wrong.
    """
    found: dict[str, dict[str, str]] = {}
    for part in text.split():
        where, _, value = part.partition("=")
        problem, _, name = where.partition(".")
        if not (problem and name and value):
            raise ValueError(f"{part!r} is not problem.name=value, with blanks between the parts")
        if name == "group_number" and not value.isdecimal():
            raise ValueError(f"{part!r}: a group_number is a whole number")
        if name in found.setdefault(problem, {}):
            raise ValueError(f"{where!r} is there twice")
        found[problem][name] = value
    return found


def address(problem: str, url: str, group_number: int, differing: Special) -> Address:
    """Where `problem` is asked for; `url` and `group_number` hold for all that say nothing else."""
    given = dict(differing.get(problem, {}))
    at = given.pop("url", url).replace(PLACEHOLDER, problem).rstrip("/")
    return Address(at, int(given.pop("group_number", group_number)), given)
