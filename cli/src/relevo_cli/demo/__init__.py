"""The embedded stack: the services of compose.yaml as plain processes, on SQLite and local files."""
