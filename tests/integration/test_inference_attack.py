"""Whatever a client sends, the answer is one of those announced, and the server stays as it was."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest
from relevo_inference.api_keys import hashed
from support.animals import BACKGROUND, ROW, Registry, card
from support.processes import BIN
from support.serving import Server, raw_database, serving


@pytest.fixture(scope="module")
def attacked(animals: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that must not change it."""
    animals.promote(animals.register(seed=4, says=card(background=BACKGROUND)))
    folder = tmp_path_factory.mktemp("attacked")
    with raw_database(folder), serving(folder, animals.url) as server:
        yield server


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"Body_Width": NaN}', 400),
        (b'{"Body_Width": Infinity}', 400),
        (b"[" * 100_000, 400),
        (b'{"rows":' * 300 + b"1" + b"}" * 300, 400),
        (b'{"Body_Width": ' + b"9" * 5000 + b"}", 400),
        (b'{"Body_Width": "\\ud800"}', 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"row"', 422),
        (b"{}", 422),
        (b'{"Body_Width": 1e999, "legs-count": 1, "Colour": "r"}', 422),
        (b'{"Body_Width": ' + b"9" * 400 + b', "legs-count": 1, "Colour": "r"}', 422),
        (b'{"Body_Width": "2.5", "legs-count": 4, "Colour": "r"}', 422),
        (b'{"Body_Width": true, "legs-count": 4, "Colour": "r"}', 422),
        (b'{"Body_Width": null, "legs-count": 4, "Colour": "r"}', 422),
        (b'{"Body_Width": 1, "legs-count": 4, "Colour": {"a": [1]}}', 422),
        (b'{"Body_Width": 1, "legs-count": 4, "Colour": "r", "\xf0\x9f\x98\x80": 1}', 422),
        (b'{"rows": []}', 422),
        (b'{"rows": {}}', 422),
        (b'{"rows": null}', 422),
        (b'{"rows": [1, null, []]}', 422),
        (b'{"rows": [{}], "more": 1}', 422),
        (b'{"rows": [' + b"{}," * 5000 + b"{}]}", 413),
        (b" " * 3_000_000, 413),
    ],
    ids=range(27),
)
def test_bad_bodies(attacked: Server, body: bytes, status: int) -> None:
    answer = attacked.http.post("/predict", content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (document["status"], document["instance"]) == (status, "/predict")
    assert document["detail"]
    assert "Traceback" not in answer.text
    assert len(answer.content) < 50_000


def test_odd_requests(attacked: Server) -> None:
    http = attacked.http
    for method, path, status in [
        ("GET", "/predict", 405),
        ("HEAD", "/predict", 405),
        ("OPTIONS", "/predict", 405),
        ("GET", "/nothing", 404),
        ("GET", "/models/%F0%9F%98%80", 404),
        ("GET", "/models/%ff%00", 404),
        ("POST", "/models/..%2f..%2fetc/predict", 404),
        ("POST", "/models/" + "x" * 5000 + "/predict", 404),
    ]:
        answer = http.request(method, path)
        assert answer.status_code == status, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    chunked = http.post("/predict", content=iter([b" " * 500_000] * 6))
    assert chunked.status_code == 413
    kept = http.get("/livez", headers={"X-Request-Id": "my-id.1"})
    assert kept.headers["x-request-id"] == "my-id.1"
    for insane in ("x" * 65, "a b", "<script>", "é".encode()):
        made = http.get("/livez", headers={"X-Request-Id": insane})
        assert len(made.headers["x-request-id"]) == 32
    assert attacked.predict({**ROW, "legs-count": 4.0}).json()["label"] == attacked.predict().json()["label"]


def test_openapi_has_no_server_errors(attacked: Server, tmp_path: Path) -> None:
    url = f"{attacked.service.url}/openapi.json"
    command = [str(BIN / "schemathesis"), "run", url, "--max-examples", "40"]
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    command += ["--checks", checks, "--seed", "1", "--no-color"]
    before = attacked.version()
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert run.returncode == 0, run.stdout[-8000:]
    assert attacked.version() == before
    # It got through to what there is to be attacked.
    figures = attacked.http.get("/metrics").text
    assert 'relevo_explanations_total{outcome="answered",problem="animals"}' in figures
    assert 'relevo_explanations_total{outcome="failed",problem="animals"}' not in figures


def test_answers_are_protected_and_other_pages_may_not_ask(attacked: Server) -> None:
    answer = attacked.predict(Origin="https://elsewhere.example")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers
    page = attacked.http.get("/docs").headers["content-security-policy"]
    assert "script-src 'self';" in page
    assert "frame-ancestors 'none'" in page


def test_with_keys_a_slow_body_and_another_page(registry: Registry, tmp_path: Path) -> None:
    env = {"API_KEYS": f"ann:{hashed('secret-1')},bob:{hashed('secret-2')}", "BODY_TIMEOUT_SECONDS": "1"}
    # So seldom that a slow machine does not get to a second token.
    env |= {"API_KEY_REQUESTS_PER_SECOND": "0.001", "CORS_ORIGINS": "https://page.example"}
    key = {"Authorization": "Bearer secret-1"}
    with serving(tmp_path, registry.url, **env) as server:
        refused = server.predict()
        assert refused.status_code == 401
        assert len(refused.headers["x-request-id"]) == 32
        assert server.http.get(f"/predictions/{uuid4()}").status_code == 401
        assert server.http.get("/metrics").is_success
        document = server.http.get("/openapi.json").json()
        assert document["paths"]["/predict"]["post"]["security"] == [{"key": []}]
        assert "security" not in document["paths"]["/livez"]["get"]
        allowed = server.predict(**key, Origin="https://page.example")
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "https://page.example"
        assert server.predict(**key).status_code == 429
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        first = server.http.options("/predict", headers={"Origin": "https://page.example", **asks})
        assert first.status_code == 200
        assert "POST" in first.headers["access-control-allow-methods"]
        assert server.http.options("/predict", headers={"Origin": "https://other.example", **asks}).is_client_error

        # Half of a body, and nothing more until the server has had enough.
        waiting = HTTPConnection(server.http.base_url.host, server.http.base_url.port, timeout=60)
        with closing(waiting):
            waiting.putrequest("POST", "/predict")
            waiting.putheader("X-API-Key", "secret-2")
            waiting.putheader("Content-Length", "2")
            waiting.endheaders(b"{")
            slow = waiting.getresponse()
            assert slow.status == 408
            assert json.load(slow)["detail"] == "the body did not come within 1 s"
