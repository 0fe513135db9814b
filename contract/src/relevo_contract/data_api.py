"""What the data API and its callers agree on besides the rows."""

# Every request says for which run it is, so that the data API's own log can prove how many there were.
RUN_ID_HEADER = "X-Relevo-Run-Id"
# "real" or "simulated"; a data API that does not say is the real one.
DATA_HEADER = "X-Relevo-Data"
# With status 400: everything has been delivered.
END_OF_DATA = "Ya se recolectó toda la información mínima necesaria"
