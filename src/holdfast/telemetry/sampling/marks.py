"""The attributes that samplers leave on the spans they keep. Pure.

Sources: the README of the Collector's tail sampling processor ("Tracking sampling policy", behind the feature
gate `processor.tailsamplingprocessor.recordpolicy`), the configuration of Honeycomb's Refinery
(`AddRuleReasonToTrace`), and Honeycomb's convention for the rate of its samplers (`SampleRate`).
"""

from collections.abc import Mapping

from holdfast.telemetry.intake.otlp.rules import DECISION_KEYS

MARKS: Mapping[str, str] = {
    **dict.fromkeys(DECISION_KEYS, "the Collector's tail_sampling processor"),
    "meta.refinery.reason": "Honeycomb's Refinery",
    "meta.refinery.original_sample_rate": "Honeycomb's Refinery",
    "SampleRate": "a sampler with Honeycomb's SampleRate",
}
"""The attributes, and the sampler that leaves each."""
