"""What is different about new rows, compared with those that the production model was trained on."""
