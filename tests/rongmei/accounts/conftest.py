"""A sandbox that answers from a list, without sockets."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter


class Wire(BaseAdapter):
    """Answers with the next of `answers`, or with the last one again; (status, value) or a value."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Any] = []
        self.sent: list[str] = []

    def on(self, path: str, *answers: Any) -> None:
        self.path, self.answers = path, list(answers)

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        assert request.path_url == self.path
        self.sent.append(request.path_url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, value = answer if isinstance(answer, tuple) else (200, answer)
        response = requests.Response()
        response.status_code, response.url, response.request = status, str(request.url), request
        response.raw = BytesIO(json.dumps(value).encode())
        return response

    def close(self) -> None:
        pass


@pytest.fixture
def wire() -> Wire:
    return Wire()
