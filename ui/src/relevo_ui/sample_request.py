"""The request behind a prediction, for people to send themselves."""

import json
import shlex
from collections.abc import Mapping
from typing import Any


def curl(url: str, row: Mapping[str, Any], *, key: bool) -> str:
    """A command line; with `key` it sends the one in the variable RELEVO_API_KEY."""
    lines = [f"curl -s {shlex.quote(url)}", "  -H 'Content-Type: application/json'"]
    if key:
        lines.append('  -H "X-API-Key: $RELEVO_API_KEY"')
    lines.append(f"  -d {shlex.quote(json.dumps(row, ensure_ascii=False))}")
    return " \\\n".join(lines)


def python(url: str, row: Mapping[str, Any], *, key: bool) -> str:
    """A program that needs nothing but Python."""
    headers = '{"Content-Type": "application/json"'
    headers += ', "X-API-Key": os.environ["RELEVO_API_KEY"]}' if key else "}"
    written = "\n".join(f"    {name!r}: {value!r}," for name, value in row.items())
    imports = "import json\nimport os\nimport urllib.request" if key else "import json\nimport urllib.request"
    return f"""{imports}

row = {{
{written}
}}
request = urllib.request.Request(
    {url!r},
    data=json.dumps(row).encode(),
    headers={headers},
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer))"""
