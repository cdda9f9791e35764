"""Registering, logging in, and everything that must not get one in."""

import httpx

ADA = {"username": "ada", "email": "ada@example.com", "password": "correct horse battery"}
LOGIN = {"username": "ada", "password": ADA["password"]}


async def test_register_log_in_and_me(client: httpx.AsyncClient) -> None:
    registered = await client.post("/api/v1/auth/register", json=ADA)
    assert registered.status_code == 201, registered.text
    user = registered.json()
    assert {**user, "created_at": None} == {
        "id": 1,
        "username": "ada",
        "email": "ada@example.com",
        "role": "user",
        "is_active": True,
        "language": None,
        "created_at": None,
        "last_login_at": None,
    }
    answer = await client.post("/api/v1/auth/login", json=LOGIN)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"], body["user"]["username"]) == ("bearer", 1800, "ada")
    me = await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.status_code == 200
    assert me.json() == body["user"]


async def test_what_is_nobodys_is_a_problem_document(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"
