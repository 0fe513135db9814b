"""Champion against challenger: what the numbers say, how sure they are, and the verdict in words."""
