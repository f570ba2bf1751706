"""A form says how long it is and stays within what its page needs."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from bot.web.limits import LARGEST_FORM_BYTES, LARGEST_UPLOAD_BYTES
from tests.bot.web.office import Office

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("path", "largest"), [("/sign-in", LARGEST_FORM_BYTES), ("/task/x", LARGEST_UPLOAD_BYTES), ("/sign-out", 1_000_000)]
)
def test_a_form_that_is_too_long_is_refused_by_what_it_says(phone: TestClient, path: str, largest: int) -> None:
    """Before it is read: the body itself is short here."""
    for length, refused in ((largest + 1, True), (10**30, True), (largest, False)):
        answer = phone.post(path, content=b"a=b", headers=FORM | {"content-length": str(length)})
        assert (answer.status_code == 413) is refused, length


def test_a_form_without_a_length_is_refused(phone: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"username=x&password=x"

    assert phone.post("/sign-in", content=pieces(), headers=FORM).status_code == 411
    for length in ("", "x", "-1", "１"):
        answer = phone.post("/sign-in", content=b"", headers={b"content-length": length.encode()})
        assert answer.status_code == 411, length


def test_pages_and_callbacks_are_left_alone(office: Office) -> None:
    assert office.browser().get("/sign-in").status_code == 200
    answer = office.browser().post("/callback/nowhere", content=iter([b"x" * 10]))
    assert answer.status_code == 404
