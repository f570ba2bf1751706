"""A person speaks: the bot gets one signed callback, tried up to three times, and its reply is shown once."""

import socket

import pytest

from bot.simulator import Delivery, MessageKind, NotAllowed, NotInCast, Simulator


def words(simulator: Simulator, **where: str) -> list[tuple[str, str]]:
    return [(message.nick, message.text) for message in simulator.conversation(**where)]


def test_words_in_a_group_reach_the_bot_signed_and_sealed(simulator, bot):
    assert simulator.say("r001", "3号楼2单元电梯又停了", group="g001") is None
    (callback,) = bot.received
    (message,) = simulator.conversation(group="g001")
    assert callback == {
        "msgid": message.id,
        "msgtype": "text",
        "chat": {"type": "group", "id": "g001"},
        "from": {"userid": "r001", "nick": "3-2-501 老李"},
        "create_time": int(message.sent_at),
        "text": "3号楼2单元电梯又停了",
        "mentions_bot": False,
        "images": [],
    }
    assert message.delivery is Delivery.TAKEN


def test_private_words_are_a_single_chat(simulator, bot):
    simulator.say("zhao", "接 1027")
    assert bot.received[0]["chat"] == {"type": "single", "id": "zhao"}
    assert words(simulator, person="zhao") == [("赵海涛", "接 1027")]
    assert words(simulator, group="g001") == []


def test_mention_stands_before_the_words_once(simulator, bot):
    simulator.say("r001", "楼道灯坏了", group="g001", mention=True)
    simulator.say("r001", "@随手拍 楼道灯坏了", group="g001", mention=True)
    assert [c["mentions_bot"] for c in bot.received] == [True, True]
    assert [c["text"] for c in bot.received] == ["@随手拍\u2005楼道灯坏了", "@随手拍 楼道灯坏了"]


def test_voice_is_sent_as_voice_with_its_transcript(simulator, bot):
    simulator.say("r003", "地下车库进水了", group="g001", voice=True)
    assert (bot.received[0]["msgtype"], bot.received[0]["text"]) == ("voice", "地下车库进水了")


def test_quote_of_the_bot_carries_its_words(simulator, bot):
    bot.answers.append("已登记,编号 1027。")
    simulator.say("r001", "3号楼2单元电梯又停了", group="g001")
    answer = simulator.wait_for("1027", group="g001")
    simulator.say("r001", "催", group="g001", quote=answer.id)
    assert bot.received[1]["quote"] == {"msgid": answer.id, "from_bot": True, "text": "已登记,编号 1027。"}


def test_passive_reply_is_returned_and_shown(simulator, bot):
    bot.answers.append("已登记,编号 1027。")
    assert simulator.say("r001", "3号楼2单元电梯又停了", group="g001") == "已登记,编号 1027。"
    assert words(simulator, group="g001")[1] == ("随手拍", "已登记,编号 1027。")


def test_reply_to_the_same_message_is_shown_once(simulator, bot):
    bot.answers.extend(["已登记,编号 1027。", "已登记,编号 1027。"])
    simulator.say("r001", "电梯又停了", group="g001")
    message = simulator.conversation(group="g001")[0]
    assert simulator.redeliver(message.id, group="g001") == "已登记,编号 1027。"
    assert bot.received[0] == bot.received[1]
    assert len(simulator.conversation(group="g001")) == 2
    assert (simulator.counters.replies, simulator.counters.repeated_replies) == (1, 1)


def test_slow_bot_is_asked_again_with_the_same_msgid(simulator, bot):
    bot.answers.extend([0.9, "已登记,编号 1027。"])
    assert simulator.say("r001", "电梯又停了", group="g001") == "已登记,编号 1027。"
    assert len({callback["msgid"] for callback in bot.received}) == 1
    assert len(bot.received) == 2
    assert simulator.counters.retries == 1


def test_after_three_failures_the_message_counts_as_lost(simulator, bot):
    bot.answers.extend([500, 502, 503, "too late"])
    assert simulator.say("r001", "电梯又停了", group="g001") is None
    assert len(bot.received) == 3
    assert simulator.conversation(group="g001")[0].delivery is Delivery.LOST
    assert simulator.counters.lost == 1


@pytest.mark.parametrize("answer", [403, b"not json", b'{"encrypt": "AAAA"}', b'{"reply": "in the clear"}'])
def test_answer_that_is_no_answer_is_not_asked_again(simulator, bot, answer):
    bot.answers.append(answer)
    assert simulator.say("r001", "电梯又停了", group="g001") is None
    assert len(bot.received) == 1
    assert simulator.conversation(group="g001")[0].delivery is Delivery.REFUSED


def test_bot_that_is_not_there_loses_the_message_visibly(cast):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with Simulator(cast, f"http://127.0.0.1:{port}", "token", "k" * 42 + "g", pause=0) as simulator:
        assert simulator.say("r001", "有人吗") is None
        assert simulator.conversation(person="r001")[0].delivery is Delivery.LOST
        with pytest.raises(TimeoutError, match="lost"):
            simulator.wait_for("已登记", person="r001", timeout=0)


def test_only_members_speak_in_a_group_and_staff_in_the_groups_they_serve(simulator):
    with pytest.raises(NotAllowed):
        simulator.say("r007", "我不在这个群", group="g001")
    simulator.say("zhao", "大家好", group="g001")
    with pytest.raises(NotInCast):
        simulator.say("nobody", "大家好", group="g001")
    with pytest.raises(NotAllowed):
        simulator.say("r001", "  ", group="g001")


def test_words_and_a_photo_are_one_mixed_message(simulator, bot):
    simulator.say("r001", "电梯又停了", group="g001", photo=b"bytes of a photo")
    simulator.say("r001", group="g001", photo=b"bytes of a photo")
    assert [c["msgtype"] for c in bot.received] == ["mixed", "image"]
    assert [m.kind for m in simulator.conversation(group="g001")] == [MessageKind.MIXED, MessageKind.IMAGE]
    assert bot.received[0]["images"][0].startswith("/media/")
