"""Google's sign-in: the consent page, the token endpoint and revocation.

Documented in "OAuth 2.0 for iOS & Desktop Apps" (the parameters, PKCE, loopback redirects, `error=access_denied`) and
RFC 6749. The texts of errors are as Google sends them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from tests.fakes.google.errors import as_json, oauth_error
from tests.fakes.google.times import Json
from tests.fakes.scripted_http import Answer

CLIENT_ID, CLIENT_SECRET = "kept-hour.apps.example", "not-a-secret"
ACCESS_LASTS = timedelta(seconds=3599)
CODE_LASTS = timedelta(minutes=10)
# of an app whose publishing status is "Testing" (OAuth 2.0, "Refresh token expiration")
TESTING_LASTS = timedelta(days=7)
LOOPBACK = {"127.0.0.1", "[::1]", "localhost"}


@dataclass
class Grant:
    """What a person allowed: a refresh token of `account` (an address) for `scopes`, until `ends` or for good."""

    account: str
    scopes: frozenset[str]
    ends: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True)
class _Access:
    grant: Grant
    ends: datetime


@dataclass(frozen=True)
class _Code:
    grant: Grant
    redirect: str
    challenge: str | None
    method: str
    ends: datetime


class SignIn:
    """All tokens of all accounts. `now` is the one clock.

    What the person at the consent page does: `person` is the address that signs in, `denies` refuses, `unticks` are
    scopes left out (granular consent). `testing` is an app in publishing status "Testing": its refresh tokens end
    after seven days.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.person: str | None = None
        self.denies = False
        self.unticks: set[str] = set()
        self.testing = False
        self.subjects: dict[str, str] = {}  # by address: the number of the account
        self._now = now
        self._made = 0
        self._grants: dict[str, Grant] = {}
        self._access: dict[str, _Access] = {}
        self._codes: dict[str, _Code] = {}

    # for tests

    def grant(self, account: str, scopes: frozenset[str]) -> str:
        """A refresh token, as after a consent."""
        return self._keep(self._new_grant(account, scopes))

    def revoke(self, account: str) -> None:
        """As in the account's settings: every refresh and access token of it is dead."""
        for grant in self._all_grants():
            grant.revoked = grant.revoked or grant.account == account

    def expire_access_tokens(self) -> None:
        """At once, whatever their time."""
        self._access.clear()

    def access_token(self, refresh_token: str) -> str:
        """A fresh one, without a request."""
        return self._new_access(self._grants[refresh_token])

    # for the API

    def allowed(self, authorization: str | None) -> Grant | None:
        """Whose a request is, by its Authorization header; None if it is nobody's."""
        scheme, _, token = (authorization or "").partition(" ")
        found = self._access.get(token) if scheme == "Bearer" else None
        if found is None or found.grant.revoked or self._now() >= found.ends:
            return None
        return found.grant

    # GET /auth

    def consent(self, query: Mapping[str, str]) -> Answer:
        """The redirect that a person's browser would follow; a page with status 400 where Google shows an error."""
        problem = self._problem(query)
        if problem is not None:
            return Answer(
                400, f"<html><body>Error 400: {problem}</body></html>", {"Content-Type": "text/html"}
            )
        told = {"state": query["state"]} if "state" in query else {}
        if self.denies:
            return _redirect(query["redirect_uri"], {"error": "access_denied"} | told)
        asked = frozenset(query["scope"].split())
        code = self._new_code(query, asked - self.unticks)
        return _redirect(
            query["redirect_uri"], told | {"code": code, "scope": " ".join(sorted(asked - self.unticks))}
        )

    def _problem(self, query: Mapping[str, str]) -> str | None:
        """The error code on Google's page."""
        redirect = urlsplit(query.get("redirect_uri", ""))
        if query.get("client_id") != CLIENT_ID:
            return "invalid_client"
        if redirect.scheme != "http" or redirect.netloc.rpartition(":")[0] not in LOOPBACK:
            return "redirect_uri_mismatch"
        if (
            query.get("response_type") != "code"
            or query.get("access_type") != "offline"
            or self.person is None
        ):
            return "invalid_request"
        if query.get("code_challenge_method", "S256") not in {"S256", "plain"}:
            return "invalid_request"
        scopes = query.get("scope", "").split()
        known = all(
            scope.startswith("https://www.googleapis.com/auth/") or scope in {"openid", "email"}
            for scope in scopes
        )
        return None if scopes and known else "invalid_scope"

    def _new_code(self, query: Mapping[str, str], scopes: frozenset[str]) -> str:
        made = self._name("4/code")
        grant = self._new_grant(str(self.person), scopes)
        challenge, method = query.get("code_challenge"), query.get("code_challenge_method", "plain")
        self._codes[made] = _Code(grant, query["redirect_uri"], challenge, method, self._now() + CODE_LASTS)
        return made

    # POST /token

    def token(self, form: Mapping[str, str]) -> Answer:
        """Raises the refusals."""
        if form.get("client_id") != CLIENT_ID:
            raise oauth_error(401, "invalid_client", "The OAuth client was not found.")
        if form.get("client_secret") != CLIENT_SECRET:
            raise oauth_error(401, "invalid_client", "The provided client secret is invalid.")
        kind = form.get("grant_type", "")
        if kind == "refresh_token":
            return as_json(self._refreshed(form.get("refresh_token", "")))
        if kind == "authorization_code":
            return as_json(self._redeemed(form))
        raise oauth_error(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")

    def _refreshed(self, refresh_token: str) -> Json:
        grant = self._grants.get(refresh_token)
        if grant is None:
            raise oauth_error(400, "invalid_grant", "Bad Request")
        if grant.revoked or (grant.ends is not None and self._now() >= grant.ends):
            raise oauth_error(400, "invalid_grant", "Token has been expired or revoked.")
        return self._tokens(grant)

    def _redeemed(self, form: Mapping[str, str]) -> Json:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or self._now() >= code.ends:
            raise oauth_error(400, "invalid_grant", "Bad Request")
        if form.get("redirect_uri") != code.redirect:
            raise oauth_error(400, "redirect_uri_mismatch", "Bad Request")
        if code.challenge is not None:
            _verify(code.challenge, code.method, form.get("code_verifier"))
        body = self._tokens(code.grant) | {"refresh_token": self._keep(code.grant)}
        if code.grant.ends is not None:
            body["refresh_token_expires_in"] = int((code.grant.ends - self._now()).total_seconds())
        return body

    def _tokens(self, grant: Grant) -> Json:
        made = {
            "access_token": self._new_access(grant),
            "expires_in": int(ACCESS_LASTS.total_seconds()),
            "scope": " ".join(sorted(grant.scopes)),
            "token_type": "Bearer",
        }
        return made | ({"id_token": self._id_token(grant)} if "openid" in grant.scopes else {})

    def _id_token(self, grant: Grant) -> str:
        """Who signed in (OpenID Connect Core, 2), with no signature that anybody could check."""
        now = int(self._now().timestamp())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": CLIENT_ID,
            "sub": self.subjects[grant.account],
            "iat": now,
            "exp": now + int(ACCESS_LASTS.total_seconds()),
        }
        parts = ({"alg": "RS256", "typ": "JWT"}, claims)
        return ".".join([*(_base64(json.dumps(part).encode()) for part in parts), _base64(b"unsigned")])

    # POST /revoke

    def revoke_token(self, form: Mapping[str, str]) -> Answer:
        """Takes a refresh or an access token; either ends the whole grant."""
        token = form.get("token", "")
        grant = self._grants.get(token) or (self._access[token].grant if token in self._access else None)
        if grant is None or grant.revoked:
            raise oauth_error(400, "invalid_token", "Token expired or revoked")
        grant.revoked = True
        return as_json({})

    # how

    def _name(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}-{self._made}"

    def _new_grant(self, account: str, scopes: frozenset[str]) -> Grant:
        return Grant(account, scopes, self._now() + TESTING_LASTS if self.testing else None)

    def _keep(self, grant: Grant) -> str:
        made = self._name("1//refresh")
        self._grants[made] = grant
        return made

    def _new_access(self, grant: Grant) -> str:
        made = self._name("ya29.access")
        self._access[made] = _Access(grant, self._now() + ACCESS_LASTS)
        return made

    def _all_grants(self) -> list[Grant]:
        return [*self._grants.values(), *(access.grant for access in self._access.values())]


def _verify(challenge: str, method: str, verifier: str | None) -> None:
    """PKCE (RFC 7636, 4.6)."""
    if verifier is None:
        raise oauth_error(400, "invalid_grant", "Missing code verifier.")
    hashed = _base64(hashlib.sha256(verifier.encode()).digest())
    if challenge != (hashed if method == "S256" else verifier):
        raise oauth_error(400, "invalid_grant", "Invalid code verifier.")


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _redirect(to: str, told: Mapping[str, str]) -> Answer:
    return Answer(302, "", {"Location": f"{to}{'&' if '?' in to else '?'}{urlencode(told)}"})
