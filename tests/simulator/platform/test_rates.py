"""Sliding windows: nothing is counted that was refused, and who is shut out waits the whole window."""

import pytest

from bot.simulator.platform.rates import Rate, Rates

TWO_A_MINUTE = (Rate(2, 60),)


def test_the_window_slides() -> None:
    rates = Rates()
    taken = [rates.take("lisi", TWO_A_MINUTE, now) for now in (0, 30, 59, 60, 61, 90)]
    assert taken == [True, True, False, True, False, True]


def test_who_is_shut_out_waits_a_whole_window_from_the_first_refusal() -> None:
    rates = Rates()
    taken = [rates.take_or_block("lisi", TWO_A_MINUTE, now) for now in (0, 1, 30, 62, 89, 90)]
    assert taken == [True, True, False, False, False, True]


@pytest.mark.parametrize(("amount", "taken"), [(2, True), (3, False)])
def test_many_at_once(amount: int, taken: bool) -> None:
    rates = Rates()
    assert rates.take("lisi", TWO_A_MINUTE, 0, amount) is taken
    assert rates.take("lisi", TWO_A_MINUTE, 0) is not taken


def test_everybody_has_windows_of_their_own_and_all_must_have_room() -> None:
    rates, both = Rates(), (Rate(5, 60), Rate(6, 3600))
    assert [rates.take(who, TWO_A_MINUTE, 0) for who in ("lisi", "wangwu")] == [True, True]
    taken = [rates.take("zhangsan", both, minute * 60) for minute in range(8)]
    assert taken == [True] * 6 + [False] * 2
