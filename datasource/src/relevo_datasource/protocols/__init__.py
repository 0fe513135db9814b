"""How a data API hands out its rows: one module a protocol, all with the interface of `protocol.Protocol`."""

from collections.abc import Mapping

from relevo_datasource.protocols.daily import Daily
from relevo_datasource.protocols.protocol import Protocol
from relevo_datasource.protocols.rotating import Rotating
from relevo_datasource.protocols.sequential import Sequential

PROTOCOLS: Mapping[str, type[Protocol]] = {"rotating": Rotating, "sequential": Sequential, "daily": Daily}
