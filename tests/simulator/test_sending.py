"""The bot sends by itself: shown once for each id, and refused with the platform's codes where it cannot be."""

import threading

import pytest

OK = {"errcode": 0, "errmsg": "ok", "duplicate": False}


def test_message_to_a_person_is_shown_in_the_private_chat(simulator, send):
    assert send({"id": "a1", "to": {"user": "zhao"}, "text": "新任务 1027"}) == OK
    (message,) = simulator.conversation(person="zhao")
    assert (message.text, message.nick, message.from_bot) == ("新任务 1027", "随手拍", True)


def test_message_to_a_group_is_shown_in_the_group(simulator, send):
    assert send({"id": "a1", "to": {"group": "g001"}, "text": "1027 已办结。"}) == OK
    assert simulator.wait_for("已办结", group="g001", timeout=0).text == "1027 已办结。"


def test_same_id_is_shown_once_and_counted(simulator, send):
    send({"id": "a1", "to": {"user": "zhao"}, "text": "新任务 1027"})
    assert send({"id": "a1", "to": {"user": "zhao"}, "text": "新任务 1027"}) == OK | {"duplicate": True}
    assert len(simulator.conversation(person="zhao")) == 1
    assert (simulator.counters.sent, simulator.counters.duplicates) == (1, 1)


@pytest.mark.parametrize(("to", "errcode"), [({"user": "nobody"}, 40003), ({"group": "g999"}, 86003), ({}, 40003)])
def test_unknown_recipient_is_refused(simulator, send, to, errcode):
    assert send({"id": "a1", "to": to, "text": "新任务 1027"})["errcode"] == errcode
    assert simulator.counters.unknown_recipients == 1


def test_wrong_token_is_refused(simulator, send):
    assert send({"id": "a1", "to": {"user": "zhao"}, "text": "新任务"}, token="wrong")["errcode"] == 40001
    assert simulator.conversation(person="zhao") == []


@pytest.mark.parametrize(
    ("content", "errcode"),
    [
        ({"id": "a1", "to": {"user": "zhao"}, "text": " "}, 44004),
        ({"id": "a1", "to": {"user": "zhao"}}, 40058),
        ({"id": "", "to": {"user": "zhao"}, "text": "新任务"}, 40058),
        ({"id": "a1", "to": "zhao", "text": "新任务"}, 40058),
    ],
)
def test_send_without_what_it_needs_is_refused(simulator, send, content, errcode):
    assert send(content)["errcode"] == errcode
    assert simulator.counters.bad_sends == 1


def test_waiting_ends_when_the_words_come(simulator, send):
    later = threading.Timer(0.2, send, [{"id": "a2", "to": {"user": "zhao"}, "text": "提醒:1027"}])
    send({"id": "a1", "to": {"user": "zhao"}, "text": "新任务 1027"})
    seen = simulator.wait_for("1027", person="zhao", timeout=1)
    later.start()
    assert simulator.wait_for("1027", person="zhao", after=seen.revision).text == "提醒:1027"
    later.join()


def test_bot_may_send_while_it_is_being_told(simulator, bot, send):
    """The real bot answers and sends at the same moment; neither waits for the other."""
    bot.answers.append(0.2)
    talking = threading.Thread(target=simulator.say, args=("r001", "电梯又停了", "g001"))
    talking.start()
    assert send({"id": "a1", "to": {"group": "g001"}, "text": "早上好"}) == OK
    talking.join()
    assert len(simulator.conversation(group="g001")) == 2
