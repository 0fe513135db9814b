"""The challenger in production's shadow: it answers some of the live requests too, and nobody waits for it."""
