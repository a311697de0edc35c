"""Every setting of the portal, read from `PORTAL_*` variables and from nowhere else.

Each has a default that runs on one machine. A wrong or missing value stops the start with one sentence that names the
variable (`ConfigurationError`). `docs/settings.md` is generated from this module by `flask --app wsgi portal settings`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-do-not-put-online"
SECRET_LENGTH_MIN = 32


class ConfigurationError(Exception):
    """A setting is missing or wrong; the message is one sentence that names its variable."""


def _split(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _secrets(value: SecretStr) -> list[str]:
    return _split(value.get_secret_value())


def _words(value: object) -> object:
    return _split(value) if isinstance(value, str) else value


Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
"""Words separated by commas, in the environment; a list, in a test."""


class Settings(BaseSettings):
    """Typed settings; the description of each field is its line in `docs/settings.md`."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", extra="ignore", frozen=True, case_sensitive=False)

    env: Literal["development", "test", "production"] = Field(
        "development",
        description="`production` refuses the sandbox, default secrets and plain HTTP.",
    )
    data: Path = Field(
        Path("var"),
        description="Folder for everything the portal writes on this machine.",
    )
    secret_keys: Words = Field(
        [DEVELOPMENT_SECRET],
        repr=False,
        description="Comma-separated secrets of 32 characters or more: the first signs and encrypts, all are accepted.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="The address people type; `https` in production.",
    )
    database_url: str = Field(
        "", repr=False, description="SQLAlchemy address; empty: SQLite at `PORTAL_DATA/portal.db`."
    )
    queue_url: str = Field(
        "",
        repr=False,
        description="`sqlite:///…`, `postgresql://…` or `redis://…`; empty: SQLite at `PORTAL_DATA/queue.db`.",
    )
    redis_url: str = Field("", repr=False, description="Valkey or Redis for rate limits; empty: the database.")
    storage_url: str = Field(
        "",
        repr=False,
        description="`file:///…`, or `s3://bucket/prefix?endpoint=…&region=…&access_key_id=…&secret_access_key=…`; "
        "empty: `PORTAL_DATA/files`.",
    )
    mail_url: str = Field(
        "",
        repr=False,
        description="`smtp://user:password@host:port?starttls=1`; empty: files in `PORTAL_DATA/outbox`.",
    )
    mail_from: str = Field("Trailmates <hello@trailmates.example>", description="Sender of every e-mail.")
    fetch_allow: Words = Field(
        [],
        description="Exact origins that the fetcher may reach besides the public web; refused in production.",
    )
    sandbox: bool = Field(
        False,
        description="Offer the sandbox's sign-in and network; refused in production.",
    )
    sandbox_url: str = Field("http://127.0.0.1:8001", description="Where the sandbox answers.")
    brand_name: str = Field("Hollin Fell", description="The brand's name.")
    programme_name: str = Field("Trailmates", description="The ambassador programme's name.")
    brand_hue: int = Field(
        205,
        ge=0,
        le=360,
        description="The brand's hue, 0 to 360; contrast holds for each.",
    )
    brand_chroma: float = Field(0.085, ge=0, le=0.13, description="How colourful the brand's hue is, 0 to 0.13.")
    data_centre_ranges: Path | None = Field(
        None,
        description="File of address ranges of data centres, one CIDR a line: clicks from there are no people's.",
    )
    brand_logo: Path | None = Field(None, description="PNG, JPEG or WebP file of the logo; empty: the default mark.")
    currency: str = Field(
        "gbp", pattern="^[a-z]{3}$", description="Currency of prices in money: ISO 4217, in small letters."
    )
    stripe_key: SecretStr = Field(
        SecretStr(""),
        description="Secret or restricted key (`sk_…`, `rk_…`) of the brand's own Stripe account: switches on "
        "promotion codes and points plus cash (`docs/stripe.md`); without one, the sandbox plays Stripe.",
    )
    stripe_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Signing secret (`whsec_…`) of the webhook `PORTAL_PUBLIC_URL/webhooks/stripe`; two, separated by "
        "a comma, while it is rolled.",
    )
    stripe_checkout: str = Field(
        "https://checkout.stripe.com",
        description="Origin of Stripe's payment page; another one with a custom domain.",
    )
    stripe_api: str = Field("", description="Origin of another Stripe API, for tests; refused in production.")
    conversion_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret of 32 characters or more that the brand's shop signs conversions with "
        "(`docs/conversions.md`); two, separated by a comma, while it is rolled; empty: none are taken.",
    )
    conversion_parameter: str = Field(
        "via",
        pattern="^[a-z_]{1,20}$",
        description="Parameter by which the shop learns whose link was followed, once a secret is set.",
    )
    contact: str = Field(
        "hello@trailmates.example",
        description="Address that people can write to; also in requests.",
    )
    languages: Words = Field(["en", "de"], description="Languages offered, the first is the default.")
    time_zone: str = Field("Europe/London", description="Time zone of people who are not signed in.")
    terms_version: str = Field("2026-10", description="Version of the terms; a new one asks everybody again.")
    trusted_proxies: int = Field(0, ge=0, description="How many proxies in front of the portal are believed.")
    metrics_token: SecretStr = Field(SecretStr(""), description="Bearer token for `/metrics` from beyond loopback.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["json", "text"] = Field("json", description="Shape of the log lines.")
    web_workers: int = Field(2, ge=1, description="Web processes.")
    web_threads: int = Field(4, ge=1, description="Threads of each web process.")
    queue_workers: int = Field(2, ge=1, description="Threads of the embedded worker.")
    embedded_worker: bool = Field(True, description="Run the worker in the server's parent process.")
    disclosure_folder: Path | None = Field(
        None,
        description="Folder with your own files of words that disclose an advertisement, `places/` and `languages/`, "
        "before the shipped ones; empty: those alone.",
    )
    grace_hours: int = Field(
        24, ge=1, le=240, description="Hours to bring a verified post back before its points are taken back."
    )
    recheck_sample_percent: int = Field(
        10, ge=0, le=100, description="Of the shares whose hold is over, how many are looked at again in 30 days."
    )
    decision_hours: int = Field(24, ge=1, description="Hours within which staff promise to decide a share.")
    parcel_address_days: int = Field(
        30, ge=0, description="Days after a parcel arrived, came back or was cancelled until its address is deleted."
    )
    google_client_id: str = Field("", description="Switches on sign-in with Google.")
    google_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    apple_client_id: str = Field("", description="Switches on sign-in with Apple.")
    apple_client_secret: SecretStr = Field(SecretStr(""), description="Apple's signed client secret (a JWT).")
    facebook_client_id: str = Field("", description="Switches on sign-in with Facebook.")
    facebook_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    linkedin_client_id: str = Field("", description="Switches on sign-in with LinkedIn.")
    linkedin_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    discord_client_id: str = Field("", description="Switches on sign-in with Discord.")
    discord_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    twitch_client_id: str = Field(
        "", description="Switches on sign-in with Twitch, and reading its recordings and clips."
    )
    twitch_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    x_client_id: str = Field("", description="Switches on sign-in with X.")
    x_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    tiktok_client_key: str = Field(
        "", description="TikTok app (Login Kit, Display API): fans may lend their login so that we read their videos."
    )
    tiktok_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the key above.")
    instagram_client_id: str = Field(
        "", description="Instagram app (API with Instagram Login): the same, for business and creator accounts."
    )
    instagram_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    threads_client_id: str = Field("", description="Threads app (Threads API): the same, for Threads.")
    threads_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    x_own_posts: bool = Field(
        False, description="The same for X, with the app of `PORTAL_X_CLIENT_ID`; X charges for each post read."
    )
    network_sign_in: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Sign-in with Bluesky and with any Mastodon server; `auto`: in production, as it needs the "
        "internet.",
    )
    atproto_directory: str = Field(
        "https://plc.directory",
        description="The AT Protocol's directory of accounts (`did:plc`).",
    )
    oidc_issuer: str = Field(
        "",
        description="Any OpenID Connect issuer, as its discovery document spells it.",
    )
    oidc_name: str = Field("Single sign-on", description="What the button for that issuer says.")
    oidc_client_id: str = Field("", description="Client id at that issuer.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret at that issuer.")
    oidc_employees: bool = Field(False, description="Who signs in through that issuer is an employee.")

    x_bearer_token: SecretStr = Field(
        SecretStr(""), description="App-only bearer token of X's API v2 (paid for each read): posts with every field."
    )
    youtube_api_key: SecretStr = Field(
        SecretStr(""), description="Key of YouTube's Data API v3 (2 of 10,000 units a day for each read)."
    )
    reddit_client_id: str = Field("", description="An approved app of Reddit's Data API (100 reads a minute).")
    reddit_client_secret: SecretStr = Field(SecretStr(""), description="Belongs to the id above.")
    tumblr_api_key: SecretStr = Field(SecretStr(""), description="OAuth consumer key of Tumblr's API v2.")
    flickr_api_key: SecretStr = Field(SecretStr(""), description="Key of Flickr's API.")
    networks_by_person: Words = Field(
        [],
        description="Codes of networks (`platforms list`) that are left to people, whatever could be read there.",
    )
    bluesky_appview_url: str = Field(
        "https://public.api.bsky.app",
        description="Where Bluesky's posts and profiles are read: an AppView that needs no login.",
    )

    @field_validator("public_url", "sandbox_url", "bluesky_appview_url", "atproto_directory", "stripe_checkout")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError("must be an origin like https://portal.example, without a path")
        return value.rstrip("/")

    @field_validator("stripe_api")
    @classmethod
    def _origin_or_nothing(cls, value: str) -> str:
        return cls._origin(value) if value else value

    @field_validator("stripe_key")
    @classmethod
    def _is_no_publishable_key(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith(("sk_", "rk_")):
            raise ValueError("must be a secret or restricted key, sk_… or rk_…, not a publishable one")
        return value

    @field_validator("fetch_allow")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        return [cls._origin(origin) for origin in value]

    @field_validator("secret_keys")
    @classmethod
    def _keys_long_enough(cls, value: list[str]) -> list[str]:
        if not value or any(len(key) < SECRET_LENGTH_MIN for key in value):
            raise ValueError(f"needs at least one secret, each of {SECRET_LENGTH_MIN} characters or more")
        return value

    @field_validator("conversion_secret")
    @classmethod
    def _secrets_long_enough(cls, value: SecretStr) -> SecretStr:
        if any(len(secret) < SECRET_LENGTH_MIN for secret in _secrets(value)):
            raise ValueError(f"needs {SECRET_LENGTH_MIN} characters or more, each of two while it is rolled")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a wrong name, a path, a folder
            raise ValueError("must be a zone of the IANA database, like Europe/London") from None
        return value

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: list[str]) -> list[str]:
        unknown = sorted(set(value) - {"en", "de"})
        if unknown or not value:
            raise ValueError(f"knows en and de, not {', '.join(unknown) or 'nothing'}")
        return value

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.env != "production":
            return self
        if DEVELOPMENT_SECRET in self.secret_keys:
            raise ConfigurationError("PORTAL_SECRET_KEYS must be set to a secret of your own in production.")
        if not self.public_url.startswith("https://"):
            raise ConfigurationError("PORTAL_PUBLIC_URL must start with https:// in production.")
        if self.sandbox:
            raise ConfigurationError("PORTAL_SANDBOX must be off in production: the sandbox signs anybody in.")
        if self.fetch_allow:
            raise ConfigurationError("PORTAL_FETCH_ALLOW must be empty in production: it opens private addresses.")
        if self.stripe_api:
            raise ConfigurationError("PORTAL_STRIPE_API must be empty in production: money goes to Stripe alone.")
        return self

    @model_validator(mode="after")
    def _issuer_is_whole(self) -> Self:
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            missing = "PORTAL_OIDC_CLIENT_ID" if self.oidc_issuer else "PORTAL_OIDC_ISSUER"
            raise ConfigurationError(f"{missing} is missing: an issuer and a client id belong together.")
        return self

    @model_validator(mode="after")
    def _stripe_is_whole(self) -> Self:
        if bool(self.stripe_key.get_secret_value()) != bool(self.stripe_webhook_secrets):
            missing = "PORTAL_STRIPE_KEY" if self.stripe_webhook_secrets else "PORTAL_STRIPE_WEBHOOK_SECRET"
            raise ConfigurationError(f"{missing} is missing: a key and a webhook's secret belong together.")
        return self

    @property
    def conversion_secrets(self) -> list[str]:
        return _secrets(self.conversion_secret)

    @property
    def stripe_webhook_secrets(self) -> list[str]:
        return _secrets(self.stripe_webhook_secret)

    @property
    def sandbox_plays_stripe(self) -> bool:
        return self.sandbox and not self.stripe_key.get_secret_value()

    @property
    def signs_in_with_networks(self) -> bool:
        return self.network_sign_in == "on" or (self.network_sign_in == "auto" and self.env == "production")

    @cached_property
    def data_folder(self) -> Path:
        return self.data.resolve()

    @property
    def resolved_database_url(self) -> str:
        url = self.database_url or f"sqlite:///{self.data_folder / 'portal.db'}"
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def resolved_queue_url(self) -> str:
        return self.queue_url or f"sqlite:///{self.data_folder / 'queue.db'}"

    @property
    def resolved_storage_url(self) -> str:
        return self.storage_url or f"file://{self.data_folder / 'files'}"

    @property
    def outbox_folder(self) -> Path:
        return self.data_folder / "outbox"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")


def load(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` are for tests and win.

    Raises ConfigurationError with one sentence that names the variable.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        first = error.errors()[0]
        variable = "PORTAL_" + str(first["loc"][0]).upper() if first["loc"] else "A PORTAL_ variable"
        reason = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
        raise ConfigurationError(f"{variable} is wrong: {reason[0].lower()}{reason[1:]}.") from None


def as_markdown() -> str:
    """The table of `docs/settings.md`."""
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = ", ".join(default) if isinstance(default, list) else str(default or "")
        shown = "" if shown in (DEVELOPMENT_SECRET, "**********") else shown
        rows.append(f"| `PORTAL_{name.upper()}` | {f'`{shown}`' if shown else ''} | {field.description} |")
    return "# Settings\n\nGenerated by `flask --app wsgi portal settings`; do not edit.\n\n" + "\n".join(rows) + "\n"
