"""Locust with our users: `python -m relevo_loadtest`, and behind it whatever `locust` takes."""

import sys
from pathlib import Path

from locust.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["--locustfile", str(Path(__file__).with_name("locustfile.py"))]
    main()  # type: ignore[no-untyped-call]
