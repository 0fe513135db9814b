"""How a data API hands out its rows: one module a protocol."""
