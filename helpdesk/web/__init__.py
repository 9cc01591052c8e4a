"""Reading requests and frames, asking the desk, rendering what it says. No rules."""
