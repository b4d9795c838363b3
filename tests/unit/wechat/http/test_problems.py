from __future__ import annotations

import pytest
import requests
import urllib3

from wechat.http.problems import problem_of


@pytest.mark.timeout(10)
def test_errors_that_came_from_one_another_are_each_looked_at_once() -> None:
    outer, inner = requests.exceptions.ConnectionError(), urllib3.exceptions.HTTPError()
    outer.args, inner.args = (inner,), (outer,)

    assert problem_of(outer) == "the connection failed or was cut"
