"""Keys of the tests: 43 letters that stand for 32 bytes."""

import base64

AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
ROBOT_KEY = base64.b64encode(bytes(range(100, 132))).decode().rstrip("=")


def decoded(key: str) -> bytes:
    return base64.b64decode(key + "=")
