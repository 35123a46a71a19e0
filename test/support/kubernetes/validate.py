"""Validates manifests, one JSON object a line: {"kind", "manifest"}. Prints a problem or an empty line for each.

A Job is validated strictly against the schema of Kubernetes. A TrainJob is read by Kubeflow's client of the version that
the second argument names, and must come back whole: a key that the version does not know would be lost.
"""

import json
import sys

version, minor = sys.argv[1], sys.argv[2]


def job(manifest):
    import kubernetes_validate

    try:
        kubernetes_validate.validate(manifest, minor, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.InvalidSchemaError) as error:
        return f"{'/'.join(str(part) for part in getattr(error, 'path', []))}: {error.message}"
    return ""


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def train_job(manifest):
    from kubeflow_trainer_api.models import TrainerV1alpha1TrainJob

    try:
        read = TrainerV1alpha1TrainJob.from_dict(manifest)
    except ValueError as error:
        return str(error)
    again = without_nulls(json.loads(json.dumps(read.to_dict())))
    return "" if again == manifest else f"{version} knows only {json.dumps(again)}"


for line in sys.stdin:
    asked = json.loads(line)
    check = job if asked["kind"] == "Job" else train_job
    print(json.dumps(check(asked["manifest"])), flush=True)
