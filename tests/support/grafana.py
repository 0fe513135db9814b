"""What Grafana makes of a query before it sends it."""

import re

# At a scrape interval of 5 s `$__rate_interval` is at least four of them.
RATE_INTERVAL = "20s"
HOURS = 24


def filled(expression: str, problem: str) -> str:
    """The expression with one problem chosen and the last day as the time shown."""
    since = rf"\1 BETWEEN UTC_TIMESTAMP() - INTERVAL {HOURS} HOUR AND UTC_TIMESTAMP()"
    dated = re.sub(r"\$__timeFilter\((\w+)\)", since, expression)
    chosen = dated.replace("${problem:sqlstring}", f"'{problem}'").replace("$problem", problem)
    asked = chosen.replace("$__rate_interval", RATE_INTERVAL)
    assert "$__" not in asked, asked
    return asked
