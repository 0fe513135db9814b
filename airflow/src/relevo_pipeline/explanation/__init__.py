"""Why a model answers as it does, column by column: SHAP values of the served graph, logged with its version."""
