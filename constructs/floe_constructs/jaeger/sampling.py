"""Which traces are kept: what clients are told before, and what is decided after."""

import json
from typing import Annotated, Any, Self

from pydantic import Field, PositiveInt, model_validator

from floe_constructs.spec import Spec

Share = Annotated[float, Field(ge=0, le=1)]
"""A share of traces: 0.1 is one in ten."""


class Strategy(Spec):
    """How many traces a client begins: a share of them, or some in a second."""

    probability: Share | None = None
    """Share of traces that are begun."""

    per_second: PositiveInt | None = None
    """Traces that a client begins in a second, at most."""

    operations: dict[str, Share] = Field(default_factory=dict)
    """Share of traces for single operations, by name: `/health: 0`."""

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if (self.probability is None) == (self.per_second is None):
            msg = "give exactly one of probability and per_second"
            raise ValueError(msg)
        if self.per_second and self.operations:
            msg = "operations are shares: they need probability, beside per_second none counts"
            raise ValueError(msg)
        return self


class RemoteSampling(Spec):
    """What SDKs with a `jaeger_remote` sampler are told, on ports 5778 (HTTP) and 5779 (gRPC)."""

    default: Strategy
    """For services that are not named; its operations hold for all."""

    services: dict[str, Strategy] = Field(default_factory=dict)
    """For single services, by `service.name`."""


class TailSampling(Spec):
    """Which traces are kept, once all of their spans should be there.

    One pod has to see all spans of a trace, so there can be only one that collects.
    """

    probability: Share
    """Share of traces that are kept whatever they say."""

    errors: bool = True
    """Whether traces with an error are kept, all of them."""

    slower_than_ms: PositiveInt | None = None
    """Milliseconds from which on slow traces are kept, all of them."""

    wait_seconds: PositiveInt = 30
    """Seconds that a trace is waited for, from its first span on. Longer ones are torn."""

    max_traces: PositiveInt = 50_000
    """Traces that are waited for at once, in memory; from then on the oldest are lost."""


def strategies(sampling: RemoteSampling) -> str:
    """Answer the file that Jaeger reads strategies from."""
    services = sorted(sampling.services.items())
    told = {
        "default_strategy": _strategy(sampling.default),
        "service_strategies": [{"service": name} | _strategy(said) for name, said in services],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _strategy(said: Strategy) -> dict[str, Any]:
    if said.per_second:
        return {"type": "ratelimiting", "param": said.per_second}
    operations = [
        {"operation": name, **_share(share)} for name, share in sorted(said.operations.items())
    ]
    return _share(said.probability) | ({"operation_strategies": operations} if operations else {})


def _share(share: float | None) -> dict[str, Any]:
    return {"type": "probabilistic", "param": share}


def processor(sampling: TailSampling) -> dict[str, Any]:
    """Answer the processor that decides: a trace is kept that suits any of its policies."""
    policies: list[dict[str, Any]] = []
    if sampling.errors:
        errors = {"status_code": {"status_codes": ["ERROR"]}}
        policies.append({"name": "errors", "type": "status_code", **errors})
    if sampling.slower_than_ms:
        slow = {"latency": {"threshold_ms": sampling.slower_than_ms}}
        policies.append({"name": "slow", "type": "latency", **slow})
    share = {"probabilistic": {"sampling_percentage": round(sampling.probability * 100, 6)}}
    policies.append({"name": "share", "type": "probabilistic", **share})
    return {
        "decision_wait": f"{sampling.wait_seconds}s",
        "num_traces": sampling.max_traces,
        "policies": policies,
    }
