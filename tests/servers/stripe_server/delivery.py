# SPDX-License-Identifier: GPL-3.0-or-later
"""Events on their way to the webhooks: signed when sent, tried again until answered, held or doubled for a test."""

import asyncio
import hashlib
import hmac
import json

import aiohttp
from localstripe import webhooks
from localstripe.resources import Event
from moments import now

TRIES_MAX = 50
API_VERSION = "2026-10-28.endive"


class Delivery:
    def __init__(self):
        self.reset()

    def reset(self):
        self.held = False
        self.copies = 1
        self.retry_seconds = 0.2
        self.waiting = []
        self.log = []
        self.delivered = set()

    def take(self, event):
        event.api_version = API_VERSION
        if self.held:
            self.waiting.append(event)
        else:
            self.send(event)

    def send(self, event):
        for webhook in list(webhooks._webhooks.values()):
            if webhook.events is None or event.type in webhook.events:
                for _ in range(self.copies):
                    task = asyncio.ensure_future(self._deliver(event, webhook))
                    running.add(task)
                    task.add_done_callback(running.discard)

    def release(self, order):
        """Send what was held: in the order it happened, or `reversed`; with `dropped` nobody ever hears of it."""
        self.held, events, self.waiting = False, self.waiting, []
        if order == "dropped":
            return
        for event in reversed(events) if order == "reversed" else events:
            self.send(event)

    async def _deliver(self, event, webhook):
        payload = json.dumps(event._export(), indent=2).encode()
        for attempt in range(TRIES_MAX):
            status = await self._post(payload, webhook)
            self.log.append({"event": event.id, "type": event.type, "status": status, "attempt": attempt + 1})
            if 200 <= status < 300:
                self.delivered.add(event.id)
                return
            await asyncio.sleep(self.retry_seconds * (attempt + 1))

    async def _post(self, payload, webhook):
        sent_at = now()
        signature = hmac.new(webhook.secret.encode(), b"%d.%s" % (sent_at, payload), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": f"t={sent_at},v1={signature}",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
                async with session.post(webhook.url, data=payload, headers=headers, allow_redirects=False) as answer:
                    return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0


running = set()
"""Tasks in flight: asyncio itself holds them weakly."""
delivery = Delivery()


def list_events(cls, url, types=None, delivery_success=None, **asked):
    found = plain_list(url, **asked)
    found._list = [
        each
        for each in reversed(found._list)
        if (types is None or each.type in types)
        and (delivery_success is None or (each.id in delivery.delivered) == (delivery_success == "true"))
    ]
    return found


plain_list = Event._api_list_all


def extend_events():
    Event._api_list_all = classmethod(list_events)
