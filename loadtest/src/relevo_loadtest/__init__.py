"""Users of the model server who behave like people, in Locust and in the search for how many of them it holds."""
