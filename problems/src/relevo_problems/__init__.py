"""What is learnt: one module a problem, found through the entry point group `relevo.problems`."""
