"""WeCom's XML: equal to what wechatpy's parser reads, nothing dangerous let in, no text becomes an element."""

import json
from pathlib import Path
from typing import Any

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import BadCallback
from bot.channels.wecom.xml import DEEPEST, LARGEST_BYTES, parse, render
from tests.bot.channels.wecom_vectors import VECTORS, callback_files, needs_vectors

BILLION_LAUGHS = (
    b'<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
    b"<xml><Content>&c;</Content></xml>"
)


@needs_vectors
@pytest.mark.parametrize("path", callback_files())
def test_an_example_is_read_as_wechatpy_reads_it(path: Path) -> None:
    assert parse(path.read_bytes()) == xmltodict.parse(path.read_text("utf-8"))["xml"]


@needs_vectors
@pytest.mark.parametrize("path", callback_files())
def test_an_example_has_the_fields_an_independent_parser_found(path: Path) -> None:
    expected = json.loads((VECTORS / "callback_xml" / "expected.json").read_text("utf-8"))
    fields = expected[str(path.relative_to(VECTORS))]
    assert fields.pop("well_formed")
    found = parse(path.read_bytes())
    assert {name: found[name] for name in fields} == {name: text.strip() for name, text in fields.items()}


@needs_vectors
@pytest.mark.parametrize("path", callback_files())
def test_an_example_survives_being_written_and_read_again(path: Path) -> None:
    content = parse(path.read_bytes())
    assert parse(render(content)) == content


@needs_vectors
def test_the_examples_are_all_there() -> None:
    names = json.loads((VECTORS / "callback_xml" / "expected.json").read_text("utf-8"))
    assert {str(path.values[0].relative_to(VECTORS)) for path in callback_files()} == set(names)
    assert len(names) == 87


def test_repeated_elements_become_a_list() -> None:
    body = b"<xml><Item><Id>1</Id><Id>2</Id><Id>3</Id></Item><Item><Id>4</Id></Item></xml>"
    assert parse(body) == {"Item": [{"Id": ["1", "2", "3"]}, {"Id": "4"}]}


@pytest.mark.parametrize("inside", ["", " ", "<![CDATA[]]>", "<![CDATA[ \n]]>"])
def test_an_empty_element_is_none(inside: str) -> None:
    assert parse(f"<xml><Content>{inside}</Content></xml>".encode()) == {"Content": None}


@pytest.mark.parametrize(
    "body",
    [
        b"<xml/>",
        b"<xml></xml>",
        b"<xml> </xml>",
        b"\xef\xbb\xbf<xml/>",
        b'<?xml version="1.0"?><xml/>',
        b"<xml a='b'/>",
    ],
)
def test_nothing_inside_is_an_empty_message(body: bytes) -> None:
    assert parse(body) == {}


def test_text_between_elements_and_attributes_are_left_out() -> None:
    assert parse(b'<xml>x<A b="c">1</A>y<!-- no --><?go on?></xml>') == {"A": "1"}


def test_signs_written_as_numbers_and_cdata_are_read() -> None:
    body = b"<xml><A>&lt;b&gt; &amp; &#x697c;<![CDATA[<c>&amp;]]></A></xml>"
    assert parse(body) == {"A": "<b> & 楼<c>&amp;"}


@pytest.mark.parametrize(
    "body",
    [
        BILLION_LAUGHS,
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>',
        b'<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><A>&x;</A></xml>',
        b'<!DOCTYPE xml [<!ENTITY % x SYSTEM "http://example.com/x"> %x;]><xml/>',
        b"<!DOCTYPE xml><xml/>",
        b"<xml><A>&nbsp;</A></xml>",
        b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1),
        b"<xml>" + b"<a>" * 100_000,
        b"<xml>" + b"x" * 10_000_000 + b"</xml>",
        b"<xml>" + b"x" * LARGEST_BYTES + b"</xml>",
        b"<xml><A>\x00</A></xml>",
        b"<xml><A>&#0;</A></xml>",
        b"<xml><A>\x08</A></xml>",
        b"<xml><A>\xc2\xa5\xff</A></xml>",
        "<xml><A>楼道</A></xml>".encode("gb18030"),
        '<?xml version="1.0" encoding="gb2312"?><xml><A>楼道</A></xml>'.encode("gb18030"),
        "<xml><A>楼道</A></xml>".encode("utf-16"),
        b"",
        b"hello",
        b"{}",
        b"<xml>",
        b"<xml></XML>",
        b"<xml/><xml/>",
        b"<html></html>",
        b"<xml>just words</xml>",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_anything_dangerous_or_broken_is_refused(body: bytes) -> None:
    with pytest.raises(BadCallback):
        parse(body)


@given(st.binary(max_size=200))
def test_no_bytes_make_another_error(body: bytes) -> None:
    with pytest.raises(BadCallback):
        parse(b"<xml>" + body)


def test_as_deep_as_allowed() -> None:
    body = b"<xml>" + b"<a>" * (DEEPEST - 1) + b"x" + b"</a>" * (DEEPEST - 1) + b"</xml>"
    assert str(parse(body)).count("a") == DEEPEST - 1


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30)


@given(TEXT)
def test_a_text_stays_a_text(text: str) -> None:
    expected = text.strip() or None
    assert parse(render({"Content": text})) == {"Content": expected}
    assert xmltodict.parse(render({"Content": text}))["xml"] == {"Content": expected}


@pytest.mark.parametrize(
    "text",
    [
        "]]><MsgType>news</MsgType><![CDATA[",
        "]]]]>><![CDATA[",
        "</Content></xml><xml>",
        "]]",
        "<![CDATA[x]]>",
        "&lt;&amp;]]&gt;",
    ],
)
def test_no_text_injects_an_element(text: str) -> None:
    content: dict[str, Any] = {"MsgType": "text", "Content": text}
    assert parse(render(content)) == content == xmltodict.parse(render(content))["xml"]


def test_what_xml_cannot_hold_is_dropped() -> None:
    assert parse(render({"Content": "\x00楼\x0b道\ud83d灯\uffff"})) == {"Content": "楼道灯"}


def test_numbers_lists_and_nested_elements_are_written() -> None:
    content = {"TimeStamp": 1_788_746_400, "Articles": {"item": [{"Title": "甲"}, {"Title": "乙"}]}, "Empty": None}
    written = render(content)
    assert b"<TimeStamp>1788746400</TimeStamp>" in written
    assert parse(written) == content | {"TimeStamp": "1788746400"}


@pytest.mark.parametrize("name", ["", "a b", "a><b", "1a", "楼", "a\n"])
def test_a_name_that_is_none_is_our_mistake(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an element"):
        render({name: "x"})
