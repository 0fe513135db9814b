"""Locust's users: one class, in the shape of people or of a rush, behind a password where one is set.

INFERENCE_URL=http://127.0.0.1:8000 python -m relevo_loadtest
"""

import hmac
import os
import random
from typing import Any

from flask import redirect, request, session
from flask_login import UserMixin, login_user
from locust import FastHttpUser, events, task
from locust.env import Environment
from werkzeug.wrappers import Response

from relevo_loadtest.traffic import PAUSE_SECONDS, Draws, headers, questions

_URL = os.environ.get("INFERENCE_URL") or "http://127.0.0.1:8000"
_KEY = os.environ.get("INFERENCE_API_KEY", "")
_OPERATOR = "operator"


class Person(FastHttpUser):
    """Asks what `relevo_loadtest.traffic` has in store; an answer with another status than it should have fails."""

    host = _URL
    draws: Draws

    def wait_time(self) -> float:
        if self.environment.parsed_options.shape == "rush":
            return 0
        return random.uniform(*PAUSE_SECONDS)

    @task
    def ask(self) -> None:
        question = self.draws.next()
        with self.client.post(
            question.path,
            data=question.body.decode(),
            headers=headers(_KEY),
            name=question.kind,
            catch_response=True,
        ) as answer:
            if answer.status_code == question.status:
                answer.success()
            else:
                answer.failure(f"status {answer.status_code} instead of {question.status}")


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    parser.add_argument(
        "--shape",
        choices=["people", "rush"],
        default="people",
        help="people pause 1 to 5 seconds before the next question, a rush does not",
    )


@events.test_start.add_listener
def _read_the_cards(environment: Environment, **_: Any) -> None:
    """From the models that are in production when the test starts."""
    Person.draws = Draws(questions(environment.host or _URL, _KEY), seed=os.getpid())


class _Operator(UserMixin):
    id = _OPERATOR


@events.init.add_listener
def _ask_for_the_password(environment: Environment, **_: Any) -> None:
    """Whoever is signed in may aim the users at any address, so with `--web-login` nobody is without a password."""
    web = environment.web_ui
    if web is None or web.app is None or not web.web_login:
        return
    password = os.environ.get("LOADTEST_PASSWORD", "")
    if not password:
        raise SystemExit("LOADTEST_PASSWORD is not set: `make env` makes one.")
    web.app.config.update(SECRET_KEY=os.urandom(32), SESSION_COOKIE_SAMESITE="Strict")
    web.login_manager.user_loader(lambda name: _Operator() if name == _OPERATOR else None)
    web.auth_args = {"username_password_callback": "/sign-in"}

    @web.app.route("/sign-in", methods=["POST"])
    def sign_in() -> Response:
        given = (request.form.get("username", ""), request.form.get("password", ""))
        right = [
            hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(given, (_OPERATOR, password), strict=True)
        ]
        if all(right):
            session["auth_error"] = None
            login_user(_Operator())
            return redirect("/")
        session["auth_error"] = "This is not the user or not the password."
        return redirect("/login")
