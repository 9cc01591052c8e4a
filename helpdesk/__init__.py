"""The service people reach. So far: its client of Rasa's turn channel."""
