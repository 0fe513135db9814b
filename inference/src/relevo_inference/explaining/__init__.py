"""What each column adds to one answer, and how the answer changes with the columns that add most."""
