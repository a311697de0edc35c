# SPDX-License-Identifier: GPL-3.0-or-later
"""Idempotency keys (docs.stripe.com/api/idempotent_requests): the first answer again, or an error for another body."""

import hashlib

from aiohttp import web

answers = {}
"""By (API key, idempotency key): the fingerprint, and the answer once there is one."""
REPLAYED = {"Idempotent-Replayed": "true"}


@web.middleware
async def once(request, handler):
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return await handler(request)
    place = (request.headers.get("Authorization"), key)
    asked = hashlib.sha256(request.path.encode() + b"\0" + await request.read()).hexdigest()
    known = answers.get(place)
    if known is not None:
        return repeat(known, asked)
    answers[place] = (asked, None)
    try:
        answer = await handler(request)
    except BaseException:
        del answers[place]
        raise
    if answer.status < 400 or answer.status == 402 or answer.status >= 500:
        answers[place] = (asked, (answer.status, answer.body))
    else:
        del answers[place]  # what failed validation was never begun
    return answer


def repeat(known, asked):
    first, answer = known
    if first != asked:
        return problem(
            400, "idempotency_error",
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
        )  # fmt: skip
    if answer is None:
        return problem(
            409, "invalid_request_error", "There is currently another in-progress request using this Idempotent Key.",
            code="idempotency_key_in_use",
        )  # fmt: skip
    status, body = answer
    return web.Response(status=status, body=body, content_type="application/json", headers=REPLAYED)


def problem(status, type, message, **more):
    return web.json_response({"error": {"type": type, "message": message, **more}}, status=status)
