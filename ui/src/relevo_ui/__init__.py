"""The page on :8503. It knows no problem by name: everything comes from the production model's card."""

import os

# Gradio reads this when it is imported: the page calls no host that its user did not name.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
