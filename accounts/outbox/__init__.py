"""The development mailbox: a real SMTP server that keeps mail to look at."""
