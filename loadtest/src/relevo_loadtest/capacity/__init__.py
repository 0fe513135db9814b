"""How many users the model server holds: `make capacity`."""
