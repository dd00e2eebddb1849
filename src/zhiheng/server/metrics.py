"""What the server counts about itself, as Prometheus text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of one server; labels hold templates of routes, never names or values."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "zhiheng_requests", "Requests", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "zhiheng_request_seconds",
            "Time to the end of a response",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.sent = Counter("zhiheng_sent_bytes", "Bytes of bodies sent", registry=self.registry)
        self.running = Gauge(
            "zhiheng_requests_running", "Requests being answered", registry=self.registry
        )
        self.sign_ins = Counter(
            "zhiheng_sign_ins", "Attempts to sign in", ("outcome",), registry=self.registry
        )
        self.jobs = Counter(
            "zhiheng_jobs", "Jobs that ended", ("kind", "state"), registry=self.registry
        )
        self.unfinished = Gauge(
            "zhiheng_jobs_unfinished", "Jobs waiting or running", registry=self.registry
        )

    def text(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return generate_latest(self.registry)
