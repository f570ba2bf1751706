"""Photos: any bytes are taken, served as they are, and the oldest go when the room is used up."""

import io

import pytest
from PIL import Image

from bot.simulator.photos import LARGEST_PHOTO_BYTES, Photos, PhotoTooLarge, media_type
from bot.simulator.sample_photo import lift_out_of_order


def test_uploaded_photo_is_served(chats):
    path = chats.post("/api/photo", content=b"\xff\xd8\xff photo").json()["photo"]
    served = chats.get(path)
    assert (served.content, served.headers["content-type"]) == (b"\xff\xd8\xff photo", "image/jpeg")


def test_page_in_disguise_is_never_served_as_a_page(chats):
    path = chats.post("/api/photo", content=b"<html><script>alert(1)</script>").json()["photo"]
    chats.post("/api/say", json={"person": "r001", "chat": "group:g001", "photo": path})
    shown = chats.get("/api/conversations/group:g001/messages").json()[0]["photo"]
    for served in (chats.get(path), chats.get(shown)):
        assert served.headers["content-type"] == "application/octet-stream"
        assert served.headers["x-content-type-options"] == "nosniff"


def test_photo_over_the_limit_is_refused(chats):
    assert chats.post("/api/photo", content=b"x" * (LARGEST_PHOTO_BYTES + 1)).status_code == 413


def test_photo_said_to_the_console_is_served_to_the_bot(simulator, browser, bot):
    simulator.say("r001", group="g001", photo=b"\xff\xd8\xff photo")
    (path,) = bot.received[0]["images"]
    assert browser.get(path).content == b"\xff\xd8\xff photo"
    assert browser.get("/media/gone").status_code == 404


def test_oldest_photo_goes_first_and_the_sample_never():
    photos = Photos(most_kept_bytes=10)
    sample = photos.pin("sample.jpg", b"a sample of more than ten bytes")
    first, second = photos.keep(b"123456"), photos.keep(b"789012")
    assert [photos.get(path) is None for path in (sample, first, second)] == [False, True, False]
    with pytest.raises(PhotoTooLarge):
        photos.keep(b"x" * (LARGEST_PHOTO_BYTES + 1))


def test_empty_photo_is_kept_too():
    photos = Photos()
    assert photos.get(photos.keep(b"")) == b""


def test_sample_photo_is_a_photo(chats):
    content = chats.get(chats.get("/api/cast").json()["sample"]).content
    assert Image.open(io.BytesIO(content)).size == (900, 1200)
    assert media_type(lift_out_of_order()) == "image/jpeg"
