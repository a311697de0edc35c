"""Settings: a wrong or missing value stops the start with one sentence that names the variable."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
from flask import Flask

import config
from portal import serving

ROOT = Path(__file__).resolve().parents[1]
OWN_SECRET = "x" * config.SECRET_LENGTH_MIN
PRODUCTION = {"env": "production", "public_url": "https://portal.example", "secret_keys": [OWN_SECRET]}


def test_defaults_start_on_one_machine(tmp_path: Path) -> None:
    settings = config.load(data=tmp_path)
    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/portal.db"
    assert settings.resolved_queue_url == f"sqlite:///{tmp_path}/queue.db"
    assert settings.env == "development"


def test_production_starts_with_its_own_secret_and_https() -> None:
    assert config.load(**PRODUCTION).https


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"secret_keys": [config.DEVELOPMENT_SECRET]}, "PORTAL_SECRET_KEYS"),
        ({"secret_keys": [OWN_SECRET, config.DEVELOPMENT_SECRET]}, "PORTAL_SECRET_KEYS"),
        ({"public_url": "http://portal.example"}, "PORTAL_PUBLIC_URL"),
        ({"sandbox": True}, "PORTAL_SANDBOX"),
        ({"fetch_allow": ["http://127.0.0.1:8001"]}, "PORTAL_FETCH_ALLOW"),
        ({"stripe_api": "http://127.0.0.1:8001"}, "PORTAL_STRIPE_API"),
    ],
)
def test_production_refuses(change: dict[str, object], variable: str) -> None:
    with pytest.raises(config.ConfigurationError, match=rf"^{variable} "):
        config.load(**{**PRODUCTION, **change})


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"secret_keys": "short"}, "PORTAL_SECRET_KEYS"),
        ({"secret_keys": f"{OWN_SECRET},short"}, "PORTAL_SECRET_KEYS"),
        ({"public_url": "portal.example"}, "PORTAL_PUBLIC_URL"),
        ({"public_url": "https://portal.example/path"}, "PORTAL_PUBLIC_URL"),
        ({"languages": "en,tlh"}, "PORTAL_LANGUAGES"),
        ({"brand_hue": "361"}, "PORTAL_BRAND_HUE"),
        ({"brand_chroma": "loud"}, "PORTAL_BRAND_CHROMA"),
        ({"web_workers": "0"}, "PORTAL_WEB_WORKERS"),
        ({"fetch_allow": "http://127.0.0.1:8001/path"}, "PORTAL_FETCH_ALLOW"),
        ({"env": "prod"}, "PORTAL_ENV"),
        ({"oidc_issuer": "https://login.example"}, "PORTAL_OIDC_CLIENT_ID"),
        ({"oidc_client_id": "portal"}, "PORTAL_OIDC_ISSUER"),
        ({"decision_hours": "soon"}, "PORTAL_DECISION_HOURS"),
        ({"currency": "pounds"}, "PORTAL_CURRENCY"),
        ({"stripe_key": "pk_test_1", "stripe_webhook_secret": "whsec_1"}, "PORTAL_STRIPE_KEY"),
        ({"stripe_key": "sk_test_1"}, "PORTAL_STRIPE_WEBHOOK_SECRET"),
        ({"stripe_webhook_secret": "whsec_1"}, "PORTAL_STRIPE_KEY"),
        ({"stripe_api": "https://api.example/v1"}, "PORTAL_STRIPE_API"),
        ({"stripe_checkout": "pay.example"}, "PORTAL_STRIPE_CHECKOUT"),
        ({"conversion_secret": "short"}, "PORTAL_CONVERSION_SECRET"),
        ({"conversion_secret": f"{OWN_SECRET},short"}, "PORTAL_CONVERSION_SECRET"),
        ({"time_zone": "Europe/Atlantis"}, "PORTAL_TIME_ZONE"),
        ({"time_zone": "Europe"}, "PORTAL_TIME_ZONE"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_its_variable(change: dict[str, str], variable: str) -> None:
    with pytest.raises(config.ConfigurationError) as refusal:
        config.load(**change)
    sentence = str(refusal.value)
    assert sentence.startswith(variable)
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_machines_own_secret_is_made_once_and_read_by_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"PORTAL_DATA": str(tmp_path)})
    serving._default_to_one_machine("127.0.0.1", 8000)
    first = os.environ.pop("PORTAL_SECRET_KEYS")
    serving._default_to_one_machine("127.0.0.1", 8000)
    assert os.environ["PORTAL_SECRET_KEYS"] == first
    assert len(first) >= config.SECRET_LENGTH_MIN
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_a_port_that_is_taken_while_the_demo_loads_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class TooLate:
        def __init__(self, *_: object, **__: object) -> None: ...

        def on_startup(self, _hook: object) -> None: ...

        def serve(self, **_: object) -> None:
            raise RuntimeError("Address already in use (os error 98)")

    settings = config.load(data=tmp_path, embedded_worker=False)
    monkeypatch.setattr(serving, "Granian", TooLate)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(config.ConfigurationError, match=rf"^Port {port} is taken: .*\.$"):
            serving._serve_web(Flask("portal"), settings, Namespace(host="127.0.0.1", port=port), "")


def test_no_secret_is_in_what_the_settings_look_like() -> None:
    word = "not-for-any-log"
    settings = config.load(
        secret_keys=[word + OWN_SECRET], database_url=f"postgresql://portal:{word}@db/portal",
        queue_url=f"postgresql://portal:{word}@db/queue", redis_url=f"redis://:{word}@cache",
        storage_url=f"s3://bucket?secret_access_key={word}", mail_url=f"smtp://portal:{word}@mail",
    )  # fmt: skip
    assert word not in repr(settings)
    assert word not in str(settings)


def test_while_a_webhook_secret_is_rolled_there_are_two() -> None:
    settings = config.load(stripe_key="rk_test_1", stripe_webhook_secret="whsec_new, whsec_old")
    assert settings.stripe_webhook_secrets == ["whsec_new", "whsec_old"]
    assert "whsec_new" not in repr(settings)


def test_a_wrong_variable_stops_the_command_without_a_traceback(tmp_path: Path) -> None:
    environment = {**os.environ, "PORTAL_BRAND_HUE": "teal", "PORTAL_DATA": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", "import wsgi"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.strip().startswith("PORTAL_BRAND_HUE is wrong:")
    assert "Traceback" not in ran.stderr


def test_the_settings_page_is_the_one_that_config_generates() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == config.as_markdown(), "run `make settings-docs`"


def test_the_settings_page_names_every_setting_and_no_secret() -> None:
    page = config.as_markdown()
    assert all(f"`PORTAL_{name.upper()}`" in page for name in config.Settings.model_fields)
    assert config.DEVELOPMENT_SECRET not in page
