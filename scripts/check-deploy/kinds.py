"""Schemas of the kinds that Kubernetes does not have: the parts of them that the chart may use.

KEDA: https://keda.sh/docs/latest/reference/scaledobject-spec/ and …/scalers/rabbitmq-queue/
Prometheus operator: https://prometheus-operator.dev/docs/api-reference/api/
"""

TEXT = {"type": "string"}
WHOLE = {"type": "integer", "minimum": 0}
LABELS = {"type": "object", "additionalProperties": TEXT}


def strict(required: list[str], **properties: object) -> dict:
    """An object with these members and no others."""
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def kind(version: str, spec: dict) -> dict:
    """An object of Kubernetes with this spec."""
    metadata = strict(["name", "labels"], name=TEXT, labels=LABELS)
    return strict(["apiVersion", "kind", "metadata", "spec"], apiVersion={"const": version}, kind=TEXT, metadata=metadata, spec=spec)


POLICY = strict(["type", "value", "periodSeconds"], type={"enum": ["Pods", "Percent"]}, value=WHOLE, periodSeconds={"type": "integer", "minimum": 1, "maximum": 1800})
SCALE_DOWN = strict([], stabilizationWindowSeconds={"type": "integer", "minimum": 0, "maximum": 3600}, policies={"type": "array", "items": POLICY})
# Members of a trigger's metadata are texts, whatever they mean.
RABBITMQ = strict(
    ["host", "queueName", "mode", "value"],
    host={"type": "string", "pattern": "^amqps?://[^@/]+:[0-9]+/$"},
    protocol={"enum": ["amqp", "http", "auto"]},
    vhostName=TEXT,
    usernameFromEnv=TEXT,
    passwordFromEnv=TEXT,
    queueName=TEXT,
    mode={"enum": ["QueueLength", "MessageRate"]},
    value={"type": "string", "pattern": "^[0-9.]+$"},
)

TRIGGER = strict(["type", "metadata"], type={"const": "rabbitmq"}, metadata=RABBITMQ, authenticationRef=strict(["name"], name=TEXT))

# `for` is a word of Python.
RULE = strict(["alert", "expr", "labels", "annotations"], alert=TEXT, expr=TEXT, labels=LABELS, annotations=LABELS, **{"for": TEXT})

SCHEMAS = {
    "ScaledObject": kind(
        "keda.sh/v1alpha1",
        strict(
            ["scaleTargetRef", "triggers"],
            scaleTargetRef=strict(["name"], name=TEXT, envSourceContainerName=TEXT),
            minReplicaCount=WHOLE,
            maxReplicaCount=WHOLE,
            pollingInterval=WHOLE,
            cooldownPeriod=WHOLE,
            fallback=strict(
                ["failureThreshold", "replicas"],
                failureThreshold=WHOLE,
                replicas=WHOLE,
                behavior={"enum": ["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]},
            ),
            advanced=strict([], horizontalPodAutoscalerConfig=strict([], behavior=strict([], scaleDown=SCALE_DOWN))),
            triggers={"type": "array", "minItems": 1, "items": TRIGGER},
        ),
    ),
    "PrometheusRule": kind(
        "monitoring.coreos.com/v1",
        strict(
            ["groups"],
            groups={
                "type": "array",
                "minItems": 1,
                "items": strict(["name", "rules"], name=TEXT, rules={"type": "array", "minItems": 1, "items": RULE}),
            },
        ),
    ),
    "ServiceMonitor": kind(
        "monitoring.coreos.com/v1",
        strict(
            ["selector", "endpoints"],
            selector=strict(["matchLabels"], matchLabels=LABELS),
            endpoints={"type": "array", "minItems": 1, "items": strict(["port"], port=TEXT, path=TEXT, interval=TEXT)},
        ),
    ),
}
