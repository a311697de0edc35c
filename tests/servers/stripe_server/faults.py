# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways in which Stripe, or the network before it, lets a caller down; each for a number of matching requests."""

import asyncio
import re

from aiohttp import web
from idempotency import problem

faults = []
requests = []
"""What arrived, oldest first: method, path, idempotency key."""


@web.middleware
async def misbehave(request, handler):
    if request.path.startswith("/_config/"):
        return await handler(request)
    requests.append({
        "method": request.method, "path": request.path, "idempotency_key": request.headers.get("Idempotency-Key"),
        "version": request.headers.get("Stripe-Version"),
    })  # fmt: skip
    fault = fault_for(request)
    if fault is None:
        return await handler(request)
    mode = fault["mode"]
    if mode == "status":
        return problem(fault["status"], fault.get("type", "api_error"), "As the test asked.", **fault.get("more", {}))
    if mode == "late":  # nothing has happened when the caller gives up, but it will
        await asyncio.sleep(fault["seconds"])
        return await handler(request)
    if mode == "drop":  # never arrives
        request.transport.close()
        return web.Response()
    answer = await asyncio.shield(asyncio.ensure_future(handler(request)))
    if mode == "act_then_hang":
        await asyncio.sleep(fault["seconds"])
    else:  # act_then_drop: it happened, and nobody is told
        request.transport.close()
    return answer


def fault_for(request):
    for fault in faults:
        if fault["times"] > 0 and request.method == fault["method"] and re.fullmatch(fault["path"], request.path):
            fault["times"] -= 1
            return fault
    return None
