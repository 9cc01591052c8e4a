"""What runs inside Rasa: knowledge-base importer, understanding, turn channel.

Python 3.10 with Rasa's old pins, in an environment of its own; nothing outside imports
this package, and it imports only Rasa and the tools of its room.
"""
