"""Everything inside the server beside its tools: prompts, resources, completions."""

from mcp.server.mcpserver import MCPServer

from tools.prompts import add_prompts
from tools.resources import add_resources


def add_guides(server: MCPServer) -> MCPServer:
    """The same server, with its guides."""
    add_prompts(server)
    add_resources(server)
    return server
