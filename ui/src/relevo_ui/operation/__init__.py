"""What the page does to the stack and sees of it: runs in Airflow, promotions by hand, calls of an API, health."""
