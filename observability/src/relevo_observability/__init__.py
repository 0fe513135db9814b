"""What watches the stack: the dashboards, written by code, and the figures of its containers."""
