"""The Sql transform: one SELECT over one table, as the engine's own interpreter reads it.

sqlglot parses; what is parsed is interpreted here, node by node. sqlglot's own executor turns a query into Python
source and evaluates that, so a query from anywhere could run code in the server; an interpreter of known nodes cannot.
"""

from seatunnel_server.engine.memory.connectors.transforms.sql.query import query_rows

__all__ = ["query_rows"]
