"""The checker of expressions lets wrong ones not pass."""

import pytest

from tests.insight.promql import ExpressionError, check, selectors_in

RIGHT = 'sum by (job) (rate(a_total{kind="down"}[5m])) > 0 unless max(b) == 1'


def test_a_right_expression_is_let_through_and_read() -> None:
    check(RIGHT)
    assert selectors_in(RIGHT) == {"a_total": {"kind", "job"}, "b": {"job"}}


@pytest.mark.parametrize(
    "wrong",
    [
        "sum(a",
        "sum(a))",
        "sums(a)",
        "rate(a_total)",
        "a[5m] > 0",
        "a >",
        "a % b",
        "rate(a_total[5 minutes])",
        "",
    ],
)
def test_a_wrong_one_is_refused(wrong: str) -> None:
    with pytest.raises(ExpressionError):
        check(wrong)


def test_a_selector_that_chooses_nothing_is_refused() -> None:
    with pytest.raises(ExpressionError):
        selectors_in('a{kind=down} or b{kind="down"}')
