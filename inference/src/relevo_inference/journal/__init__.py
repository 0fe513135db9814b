"""Every prediction that is answered is written down first, and taken to the database later."""
