"""Which instance of a service sent something, in SQL and in Python alike. Pure.

Instances are named by `service.instance.id`. Many SDKs make it a random UUID, by which nobody finds anything:
where the pod is known too, its name is taken. A test compares the SQL and `instance_of`.
"""

import re
from collections.abc import Mapping

INSTANCE_KEY, POD_KEY, HOST_KEY = "service.instance.id", "k8s.pod.name", "host.name"
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def instance_of(resource: Mapping[str, str]) -> str:
    """Return the name of the instance in the attributes of a resource; empty if it has none."""
    named, pod = resource.get(INSTANCE_KEY, ""), resource.get(POD_KEY, "")
    if pod and (not named or re.fullmatch(_UUID, named)):
        return pod
    return named or resource.get(HOST_KEY, "")


def _of(key: str) -> str:
    return f"ResourceAttributes['{key}']"


_IS_RANDOM = f"({_of(INSTANCE_KEY)} = '' OR match({_of(INSTANCE_KEY)}, '{_UUID}'))"

NAMED_BY = (
    f"multiIf({_of(POD_KEY)} != '' AND {_IS_RANDOM}, '{POD_KEY}', "
    f"{_of(INSTANCE_KEY)} != '', '{INSTANCE_KEY}', '{HOST_KEY}')"
)
"""The expression for the attribute that names the instance, over the columns of spans, lines and points."""

INSTANCE = f"ResourceAttributes[{NAMED_BY}]"
"""The expression for the instance's name."""
