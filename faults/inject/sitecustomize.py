"""Python imports this by itself when this folder is on PYTHONPATH. Without RELEVO_FAULTS it does nothing."""

import os

if os.environ.get("RELEVO_FAULTS"):
    import relevo_faults

    relevo_faults.watch()
