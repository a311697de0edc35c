"""What each network's documentation shows of its token endpoints and of who a token is; names and ids are invented."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from tests.shares.platforms.replay import Exchange

CALLBACK = "http://127.0.0.1:8000/profile/logins/{}/callback"
KEYS = {
    "tiktok_client_key": "tiktok-key", "tiktok_client_secret": "tiktok-secret",
    "instagram_client_id": "instagram-id", "instagram_client_secret": "instagram-secret",
    "threads_client_id": "threads-id", "threads_client_secret": "threads-secret",
    "x_own_posts": True, "x_client_id": "x-id", "x_client_secret": "x-secret",
}  # fmt: skip


def told(content: Any, *, status: int = 200) -> dict[str, Any]:
    return {
        "status": status, "body": json.dumps(content).encode(), "headers": {"Content-Type": "application/json"},
    }  # fmt: skip


def post(url: str, content: Any, *, form: dict[str, str] | None = None, status: int = 200, **headers: str) -> Exchange:
    wanted = urlencode(form) if form else ""
    return Exchange("POST", url, **told(content, status=status), wanted_body=wanted, wanted_headers=headers)


def get(url: str, content: Any, *, token: str = "", status: int = 200) -> Exchange:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Exchange("GET", url, **told(content, status=status), wanted_headers=headers)


def code_form(network: str, **more: str) -> dict[str, str]:
    return {"grant_type": "authorization_code", "code": "a-code", "redirect_uri": CALLBACK.format(network), **more}


TIKTOK = "https://open.tiktokapis.com"
TIKTOK_GIVES = {
    "open_id": "open-ada", "scope": "user.info.basic,user.info.profile,video.list", "access_token": "tt-access",
    "expires_in": 86400, "refresh_token": "tt-refresh", "refresh_expires_in": 31536000, "token_type": "Bearer",
}  # fmt: skip
TIKTOK_CLIENT = {"client_key": "tiktok-key", "client_secret": "tiktok-secret"}
TIKTOK_WHO = f"{TIKTOK}/v2/user/info/?fields=open_id,username"
TIKTOK_REVOKE = post(f"{TIKTOK}/v2/oauth/revoke/", {}, form={"token": "tt-refresh", **TIKTOK_CLIENT})


def tiktok(**gives: Any) -> list[Exchange]:
    return [
        post(f"{TIKTOK}/v2/oauth/token/", TIKTOK_GIVES | gives, form=code_form("tiktok", **TIKTOK_CLIENT)),
        get(
            TIKTOK_WHO,
            {"data": {"user": {"open_id": "open-ada", "username": "Ada.Mends"}}, "error": {"code": "ok"}},
            token="tt-access",
        ),
        TIKTOK_REVOKE,
    ]


def tiktok_renewal(**gives: Any) -> Exchange:
    answer = TIKTOK_GIVES | {"access_token": "tt-access-2", "refresh_token": "tt-refresh-2"} | gives
    form = {"grant_type": "refresh_token", "refresh_token": "tt-refresh", **TIKTOK_CLIENT}
    return post(f"{TIKTOK}/v2/oauth/token/", answer, form=form)


INSTAGRAM = [
    post(
        "https://api.instagram.com/oauth/access_token",
        {"data": [{"access_token": "ig-hour", "user_id": "178", "permissions": "instagram_business_basic"}]},
        form=code_form("instagram", client_id="instagram-id", client_secret="instagram-secret"),
    ),
    get(
        "https://graph.instagram.com/access_token?grant_type=ig_exchange_token&client_secret=instagram-secret"
        "&access_token=ig-hour",
        {"access_token": "ig-access", "token_type": "bearer", "expires_in": 5183944},
    ),
    get(
        "https://graph.instagram.com/me?fields=user_id,username", {"user_id": "178", "username": "ada.mends"},
        token="ig-access",
    ),
]  # fmt: skip
INSTAGRAM_RENEWAL = get(
    "https://graph.instagram.com/refresh_access_token?grant_type=ig_refresh_token&access_token=ig-access",
    {"access_token": "ig-access-2", "token_type": "bearer", "expires_in": 5183944},
)
THREADS = [
    post(
        "https://graph.threads.net/oauth/access_token",
        {"access_token": "th-hour", "user_id": 314},
        form=code_form("threads", client_id="threads-id", client_secret="threads-secret"),
    ),
    get(
        "https://graph.threads.net/access_token?grant_type=th_exchange_token&client_secret=threads-secret"
        "&access_token=th-hour",
        {"access_token": "th-access", "token_type": "bearer", "expires_in": 5183944},
    ),
    get("https://graph.threads.net/v1.0/me?fields=id,username", {"id": "314", "username": "ada.mends"},
        token="th-access"),
]  # fmt: skip
X_BASIC = "Basic eC1pZDp4LXNlY3JldA=="
X = [
    post(
        "https://api.x.com/2/oauth2/token",
        {"token_type": "bearer", "expires_in": 7200, "access_token": "x-access", "refresh_token": "x-refresh",
         "scope": "tweet.read users.read offline.access"},
        Authorization=X_BASIC,
    ),
    get("https://api.x.com/2/users/me", {"data": {"id": "2244", "name": "Ada", "username": "AdaMends"}},
        token="x-access"),
    post("https://api.x.com/2/oauth2/revoke", {"revoked": True}, Authorization=X_BASIC),
]  # fmt: skip

NETWORKS = {
    "tiktok": (tiktok(), "ada.mends", "open-ada", "tt-access"),
    "instagram": (INSTAGRAM, "ada.mends", "178", "ig-access"),
    "threads": (THREADS, "ada.mends", "314", "th-access"),
    "x": (X, "adamends", "2244", "x-access"),
}
"""By network: what is replayed, the handle, its id and the key that is kept."""
