"""The commands of `./latchkey`, one module each; they start and stop every process."""
