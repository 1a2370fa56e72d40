"""The demo: an embedded server, two drifted databases, and an agent's session with pgferry over them."""
