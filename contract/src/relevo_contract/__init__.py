"""What training promises serving: the card, the names in the registry, the tables both sides touch."""
