# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts it: `python server.py PORT`; says `stripe ready` when it listens."""

import asyncio
import sys

import checkout
import shop
from aiohttp import web
from checkout import CheckoutSession
from delivery import delivery, extend_events
from faults import faults, misbehave, requests
from idempotency import answers, once
from localstripe import resources, server, webhooks
from moments import moments
from shop import PromotionCode

HOST = "127.0.0.1"
EXPIRY_SECONDS = 0.5


@web.middleware
async def open_to_browsers(request, handler):
    """The payment page is for people, who have no key."""
    if request.path.startswith("/c/pay/"):
        return await server.error_middleware(request, request.match_info.handler)
    return await handler(request)


def extend():
    resources.Store.dump_to_disk = lambda _self: None  # it would pickle everything into one file in /tmp
    resources.time = moments
    resources.schedule_webhook = delivery.take
    shop.extend_coupons()
    shop.limit_refunds()
    extend_events()
    app = server.app
    sessions, codes = "/v1/checkout/sessions", "/v1/promotion_codes"
    route = app.router.add_route
    route("POST", sessions + "/{id}/expire", server.api_extra(CheckoutSession._api_expire, sessions))
    for url, cls in ((sessions, CheckoutSession), (codes, PromotionCode)):
        route("POST", url, server.api_create(cls, url))
        route("GET", url, server.api_list_all(cls, url))
        route("GET", url + "/{id}", server.api_retrieve(cls, url))
    route("POST", codes + "/{id}", server.api_update(PromotionCode, codes))
    route("GET", "/c/pay/{id}", checkout.show)
    route("POST", "/c/pay/{id}", checkout.pay)
    add_switches(app)
    app.middlewares[:0] = [open_to_browsers, misbehave, once]
    app.on_startup.append(watch_the_clock)
    return app


def add_switches(app):
    post, get = app.router.add_post, app.router.add_get
    post("/_config/delivery", config(set_delivery))
    post("/_config/delivery/release", config(lambda asked: delivery.release(asked.get("order", "as it was"))))
    post("/_config/faults", config(lambda asked: faults.append({"method": "POST", "times": 1, **asked})))
    post("/_config/clock", config(lambda asked: setattr(moments, "ahead_seconds", asked["ahead_seconds"])))
    post("/_config/idempotency/forget", config(lambda _asked: answers.clear()))
    post("/_config/promotion_codes/{id}/use", use_code)
    post("/_config/sessions/{id}/settle", settle_later)
    post("/_config/reset", config(lambda _asked: reset()))
    get("/_config/requests", lambda _request: answer(requests))
    get("/_config/deliveries", lambda _request: answer(delivery.log))


async def answer(content):
    return web.json_response(content)


def config(change):
    async def handle(request):
        change(await request.json())
        return web.json_response({})

    return handle


def set_delivery(asked):
    for name in ("held", "copies", "retry_seconds"):
        if name in asked:
            setattr(delivery, name, asked[name])


async def use_code(request):
    asked = await request.json()
    return web.json_response(shop.use(request.match_info["id"], asked.get("customer"))._export())


async def settle_later(request):
    asked = await request.json()
    session = CheckoutSession._api_retrieve(request.match_info["id"])
    session._settle_later(succeeded=asked["succeeded"])
    return web.json_response(session._export())


def reset():
    """A new account: nothing was made, nobody listens, everything works."""
    resources.store.clear()
    webhooks._webhooks.clear()
    delivery.reset()
    faults.clear()
    requests.clear()
    answers.clear()
    moments.ahead_seconds = 0


async def watch_the_clock(app):
    """Sessions expire by themselves; somebody has to look."""

    async def watch():
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            for session in shop.all_of(CheckoutSession.object):
                session._as_time_goes_by()

    app["watching"] = asyncio.ensure_future(watch())


def main():
    port = int(sys.argv[1])
    CheckoutSession.address = f"http://{HOST}:{port}"
    print("stripe ready", flush=True)
    web.run_app(extend(), host=HOST, port=port, print=None, access_log=None)


if __name__ == "__main__":
    main()
