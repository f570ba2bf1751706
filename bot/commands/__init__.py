"""The bodies of the commands that are more than a call; `bot/__main__.py` names them all."""
