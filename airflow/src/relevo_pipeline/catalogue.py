"""The problems of this stack: those that the settings name, or all that are there."""

from relevo_problems import registry
from relevo_problems.definition import DefinitionError

from relevo_pipeline.settings import Settings


def names(settings: Settings) -> tuple[str, ...]:
    """Of every problem that has a DAG, tables and models, in the settings' order."""
    return settings.problems or tuple(registry.names())


def faults(settings: Settings) -> list[str]:
    """A sentence for each problem that cannot be used as it is defined and set up."""
    found = []
    for name in names(settings):
        try:
            registry.load(name)
            settings.data_api(name)
        except (registry.UnknownProblemError, DefinitionError, ValueError) as error:
            found.append(str(error))
    return found
