"""API keys: who may ask, and how often. `python -m relevo_inference.api_keys NAME` makes one.

Only the SHA-256 of a key is kept. A key is 256 random bits, so nobody finds it from its hash, and a slow hash for
passwords would only cost every request.
"""

import hashlib
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from relevo_inference import documentation
from relevo_inference.problem_details import ProblemError, response_to

# For probes, Prometheus, and people who look at what there is; no answer of a model, nothing that anybody sent.
_DESCRIPTIONS = {"/", "/openapi.json"} | documentation.PATHS
OPEN_PATHS = frozenset({"/health", "/livez", "/metrics", "/readyz"} | _DESCRIPTIONS)


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(slots=True)
class _Bucket:
    """Refilled with `rate` tokens a second, up to what a second brings."""

    tokens: float
    filled_at: float

    def take(self, rate: float, now: float) -> float:
        """0 when there was a token to take, else the seconds until there is one."""
        self.tokens = min(max(rate, 1.0), self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / rate


class ApiKeyMiddleware:
    """Lets in who brings one of `keys` (SHA-256 in hex, by name), each `rate` times a second in this process."""

    def __init__(
        self,
        app: ASGIApp,
        keys: Mapping[str, str],
        rate: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self._keys = keys
        self._rate = rate
        self._clock = clock
        self._buckets = {name: _Bucket(max(rate or 1.0, 1.0), clock()) for name in keys}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await response_to(Request(scope), refusal)(scope, receive, send)

    def _refusal(self, headers: Headers) -> ProblemError | None:
        name = self._name(_presented(headers))
        if name is None:
            error = ProblemError(401, "send a key of this server: Authorization: Bearer <key>, or X-API-Key: <key>")
            error.headers["WWW-Authenticate"] = "Bearer"
            return error
        if self._rate is None:
            return None
        wait = self._buckets[name].take(self._rate, self._clock())
        if not wait:
            return None
        return ProblemError(429, f"{name} may ask {self._rate:g} times a second", retry_after=int(wait) + 1)

    def _name(self, key: str) -> str | None:
        """Whose key it is. All are compared, each in constant time."""
        digest, found = hashed(key), None
        for name, known in self._keys.items():
            if compare_digest(digest, known):
                found = name
        return found


def _presented(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def main() -> None:
    """Print a new key, and what to add to API_KEYS for it."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m relevo_inference.api_keys NAME")
    key = secrets.token_urlsafe(32)
    sys.stdout.write(f"key, for {sys.argv[1]} only: {key}\nadd to API_KEYS: {sys.argv[1]}:{hashed(key)}\n")


if __name__ == "__main__":
    main()
