"""Signing in: tokens, keys, failures; and that cookies count for nothing."""

from __future__ import annotations

import base64
import json
import stat
import statistics
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_world import API, PASSWORD

from zhiheng.core.errors import ZhihengError
from zhiheng.server.passwords import Passwords
from zhiheng.server.tokens import ALGORITHM, AUDIENCE, ISSUER, Tokens, secret_of

SECRET = b"s" * 32


def bearer(world, token: str):
    return world.get("", "/me", headers={"Authorization": f"Bearer {token}"})


def sign_in(world, user: str, password: str):
    return world.post("", "/token", json={"user": user, "password": password})


def test_a_token_says_who_one_is(standing) -> None:
    assert standing.get("bank_reader", "/me").json() == {
        "user": "bank_reader", "organisation": "bank", "role": "reader", "key": "",
    }  # fmt: skip
    told = sign_in(standing, "bank_reader", PASSWORD).json()
    assert told["expires_in"] == 900


def test_without_a_token_nothing_is_told(standing) -> None:
    found = standing.get("", "/me")
    assert found.status_code == 401
    assert found.headers["www-authenticate"] == "Bearer"
    assert found.json()["code"] == "A101"


def test_wrong_names_and_wrong_passwords_are_answered_alike(standing) -> None:
    answers = [sign_in(standing, u, "no such password").json() for u in ("bank_reader", "nobody")]
    for answer in answers:
        answer.pop("instance")
    assert answers[0] == answers[1]


def test_unknown_names_take_as_long(tmp_path) -> None:
    hasher = Passwords(memory=8192, rounds=2)
    known = hasher.hash("a long enough secret")

    def seconds(stored: str | None) -> float:
        times = []
        for _ in range(9):
            start = time.perf_counter()
            assert not hasher.fits("wrong", stored)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    # The same work on both sides; a factor of three leaves room for a busy machine.
    assert 1 / 3 < seconds(None) / seconds(known) < 3


def test_a_hash_is_argon2id_and_easy_passwords_are_refused() -> None:
    hasher = Passwords(memory=1024, rounds=1)
    assert hasher.hash("a long enough secret").startswith("$argon2id$")
    for easy in ("short", "aaaaaaaaaaaaaaaa", "x" * 300, "bank_reader is my name"):
        with pytest.raises(ZhihengError, match="A153"):
            hasher.hash(easy, user="bank_reader")
    assert not hasher.fits("x", "no hash at all")


def test_failures_pause_a_name_and_not_its_neighbours(world) -> None:
    codes = [sign_in(world, "bank_reader", f"wrong {i}").json()["code"] for i in range(7)]
    assert codes[:5] == ["A101"] * 5
    paused = sign_in(world, "bank_reader", PASSWORD)
    assert paused.status_code == 429
    assert paused.json()["code"] == "A144"
    assert int(paused.headers["retry-after"]) >= 1
    # Names that do not exist are paused alike; others are not.
    assert [sign_in(world, "nobody", f"x {i}").json()["code"] for i in range(7)][-1] == "A144"
    assert sign_in(world, "bank_admin", PASSWORD).status_code == 200


def test_signing_out_ends_the_session(world) -> None:
    token = sign_in(world, "bank_reader", PASSWORD).json()["access_token"]
    other = sign_in(world, "bank_reader", PASSWORD).json()["access_token"]
    head = {"Authorization": f"Bearer {token}"}
    assert world.ask("", "DELETE", "/token", headers=head).status_code == 204
    assert bearer(world, token).status_code == 401
    assert bearer(world, other).status_code == 200


def test_a_new_password_ends_all_sessions(world) -> None:
    token = sign_in(world, "bank_reader", PASSWORD).json()["access_token"]
    wrong = {"old": "not the old one", "new": "another long secret"}
    head = {"Authorization": f"Bearer {token}"}
    assert world.ask("", "PUT", "/me/password", json=wrong, headers=head).status_code == 401
    right = {**wrong, "old": PASSWORD}
    assert world.ask("", "PUT", "/me/password", json=right, headers=head).status_code == 204
    assert bearer(world, token).status_code == 401
    assert sign_in(world, "bank_reader", PASSWORD).status_code == 401
    assert sign_in(world, "bank_reader", "another long secret").status_code == 200


def test_a_closed_account_has_neither_sessions_nor_keys(world) -> None:
    token = sign_in(world, "bank_reader", PASSWORD).json()["access_token"]
    key = world.post("bank_reader", "/keys", json={"days": 1}).json()["secret"]
    closed = world.ask("bank_admin", "PATCH", "/users/bank_reader", json={"active": False})
    assert closed.status_code == 204
    for credential in (token, key):
        assert bearer(world, credential).status_code == 401
    # With a wrong password nobody learns that the account is closed.
    assert sign_in(world, "bank_reader", "wrong").json()["code"] == "A101"
    assert sign_in(world, "bank_reader", PASSWORD).json()["code"] == "A106"


def test_an_administrator_resets_passwords_of_the_own_house_only(world) -> None:
    new = {"new": "another long secret"}
    path = "/users/{}/password"
    assert world.ask("bank_admin", "PUT", path.format("bank_reader"), json=new).status_code == 204
    assert world.ask("bank_admin", "PUT", path.format("firm_reader"), json=new).status_code == 404
    assert world.ask("bank_steward", "PUT", path.format("bank_reader"), json=new).status_code == 403
    # A stolen session cannot change the password that it came from.
    assert world.ask("bank_admin", "PUT", path.format("bank_admin"), json=new).status_code == 401


def test_a_key_stands_for_its_user_until_it_is_revoked(world) -> None:
    made = world.post("bank_analyst", "/keys", json={"role": "reader", "days": 2}).json()
    assert made["secret"].startswith("zh_")
    told = bearer(world, made["secret"]).json()
    assert told == {
        "user": "bank_analyst", "organisation": "bank", "role": "reader", "key": made["id"],
    }  # fmt: skip
    listed = world.get("bank_analyst", "/keys").json()
    assert [k["id"] for k in listed] == [made["id"]]
    assert "secret" not in listed[0]
    assert world.ask("bank_admin", "DELETE", f"/keys/{made['id']}").status_code == 404
    assert world.ask("bank_analyst", "DELETE", f"/keys/{made['id']}").status_code == 204
    assert bearer(world, made["secret"]).status_code == 401


@pytest.mark.parametrize("role", ["steward", "admin"])
def test_a_key_is_not_above_its_user(world, role: str) -> None:
    made = world.post("bank_analyst", "/keys", json={"role": role})
    assert made.status_code in (201, 403)
    if made.status_code == 201:
        assert bearer(world, made.json()["secret"]).json()["role"] == "analyst"


def test_cookies_count_for_nothing(standing) -> None:
    token = sign_in(standing, "bank_reader", PASSWORD).json()["access_token"]
    for name in ("Authorization", "session", "access_token", "token"):
        cookie = {"Cookie": f"{name}=Bearer {token}; {name}={token}"}
        assert standing.get("", "/me", headers=cookie).status_code == 401
    answers = [sign_in(standing, "bank_reader", PASSWORD), standing.get("bank_reader", "/me")]
    assert not any("set-cookie" in a.headers for a in answers)


def test_other_sites_are_not_let_in(standing) -> None:
    head = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        found = standing.ask("bank_reader", method, "/me", headers=head)
        assert not [h for h in found.headers if h.startswith("access-control")]


# ------------------------------------------------------------------------------- tokens


def claims(**changed):
    now = int(time.time())
    known = {"iss": ISSUER, "aud": AUDIENCE, "sub": "x", "iat": now, "exp": now + 60, "jti": "1",
             "stamp": 1}  # fmt: skip
    return {k: v for k, v in {**known, **changed}.items() if v is not None}


def test_a_token_is_read_as_it_was_issued() -> None:
    tokens = Tokens(SECRET, 15)
    found = tokens.read(tokens.issue("li", 3))
    assert found is not None
    assert (found.user, found.stamp) == ("li", 3)


def test_a_token_ends_after_its_time() -> None:
    now = [1000.0]
    tokens = Tokens(SECRET, 15, clock=lambda: now[0])
    token = tokens.issue("li", 1)
    now[0] += 899
    assert tokens.read(token) is not None
    now[0] += 2
    assert tokens.read(token) is None


@pytest.mark.parametrize(
    "changed",
    [{"iss": "other"}, {"aud": "other"}, {"exp": 1}, {"stamp": "x"},
     *({k: None} for k in claims())],
)  # fmt: skip
def test_tokens_that_lack_something_are_refused(changed) -> None:
    token = jwt.encode(claims(**changed), SECRET, algorithm=ALGORITHM)
    assert Tokens(SECRET, 15).read(token) is None


def test_tokens_of_other_keys_and_algorithms_are_refused() -> None:
    tokens = Tokens(SECRET, 15)
    assert tokens.read(jwt.encode(claims(), SECRET, algorithm=ALGORITHM)) is not None
    assert tokens.read(jwt.encode(claims(), b"t" * 32, algorithm=ALGORITHM)) is None
    assert tokens.read(jwt.encode(claims(), b"s" * 64, algorithm="HS512")) is None
    none = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode()
            for p in ({"alg": "none", "typ": "JWT"}, claims())]  # fmt: skip
    assert tokens.read(".".join([*none, ""])) is None


@given(st.text(max_size=80))
def test_no_text_is_a_token(text: str) -> None:
    assert Tokens(SECRET, 15).read(text) is None


def test_the_key_file_is_for_its_owner_only(tmp_path) -> None:
    file = tmp_path / "platform" / "token.key"
    made = secret_of(b"", file)
    assert len(made) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret_of(b"", file) == made
    assert secret_of(b"", None) != secret_of(b"", None)
    assert secret_of(SECRET, file) == SECRET
    file.chmod(0o644)
    with pytest.raises(ZhihengError, match="A154"):
        secret_of(b"", file)
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(ZhihengError, match="A154"):
        secret_of(b"", file)
    with pytest.raises(ZhihengError, match="A154"):
        Tokens(b"short", 15)


def test_the_interface_is_where_it_says(standing) -> None:
    assert standing.client.get(f"{API}/openapi.json").json()["openapi"] == "3.1.0"
