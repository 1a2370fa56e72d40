"""Builds the MCP server."""
