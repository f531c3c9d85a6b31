"""Tokens in, tokens out, on this machine alone.

Knows nothing of Qt, of the network, of settings or of stored chats. The one entry point is
`Engine` (inference/engine.py); what it yields is in inference/events.py.
"""
