"""JupyterLab beside the stack: clean data to look at, runs to compare, experiments to log."""
