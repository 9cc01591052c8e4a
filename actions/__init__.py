"""Custom actions: what the assistant does besides answering from an article.

One topic a file. Nothing here speaks to Rasa but through the action server's webhook,
and nothing here knows the helpdesk; the account backend is reached through
`accounts.client`. Every sentence is in domain.yml.
"""
