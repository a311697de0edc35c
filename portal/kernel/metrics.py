"""Prometheus figures of this process, and of all web processes where PROMETHEUS_MULTIPROC_DIR is set."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

REGISTRY = CollectorRegistry()
_requests = Counter("portal_requests", "Requests answered", ["method", "route", "status"], registry=REGISTRY)
_seconds = Histogram("portal_request_seconds", "Time to answer", ["route"], registry=REGISTRY)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; `route` is the rule, not the address, so that ids don't become labels."""
    _requests.labels(method, route, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def exposition() -> bytes:
    """The figures in Prometheus' text format."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest(REGISTRY)
