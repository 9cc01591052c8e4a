"""The service people reach: help centre, chat, and the record of every conversation."""
