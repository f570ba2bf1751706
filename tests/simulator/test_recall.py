"""Taking a message back: it disappears from the chat, and the bot is told which one it was."""

import pytest

from bot.simulator import NotAllowed


def test_recall_hides_the_words_and_names_the_message_to_the_bot(simulator, bot):
    simulator.say("r001", "我家钥匙在门垫下", group="g001")
    bot.answers.append("1027 已撤回。")
    assert simulator.recall("r001", group="g001") == "1027 已撤回。"
    message, answer = simulator.conversation(group="g001")
    assert (message.recalled, message.text, message.preview) == (True, "", "[已撤回]")
    assert answer.text == "1027 已撤回。"
    event = bot.received[1]
    assert event["recall_msgid"] == message.id == bot.received[0]["msgid"]
    assert event["msgid"] != message.id
    assert (event["msgtype"], event["chat"]) == ("recall", {"type": "group", "id": "g001"})


def test_nobody_takes_back_the_words_of_another(simulator):
    simulator.say("r001", "电梯又停了", group="g001")
    said = simulator.conversation(group="g001")[0]
    with pytest.raises(NotAllowed):
        simulator.recall("r003", said.id, group="g001")
    simulator.recall("r001", said.id, group="g001")
    with pytest.raises(NotAllowed):
        simulator.recall("r001", said.id, group="g001")
    with pytest.raises(NotAllowed):
        simulator.say("r003", "这是什么", group="g001", quote=said.id)
    with pytest.raises(NotAllowed):
        simulator.redeliver(said.id, group="g001")
