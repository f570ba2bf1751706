"""How messages, clocks and people get in and out."""
