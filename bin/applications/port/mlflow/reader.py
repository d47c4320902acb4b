"""All that MLflow's REST API shows of what it holds, sorted by what does not depend on the engine."""

import json
import urllib.parse

V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"


def read_all(client):
    post = lambda path, document: client.send("POST", path, document)
    get = lambda place, **query: client.get(f"{place}?{urllib.parse.urlencode(query)}").json
    out = {}
    experiments = post(f"{V2}/experiments/search", {"max_results": 1000, "view_type": "ALL"})["experiments"]
    ids = sorted(experiment["experiment_id"] for experiment in experiments)
    out["experiments"] = {one: get(f"{V2}/experiments/get", experiment_id=one) for one in ids}
    runs = post(f"{V2}/runs/search", {"experiment_ids": ids, "max_results": 1000, "run_view_type": "ALL"})["runs"]
    out["runs"] = {run["info"]["run_id"]: run for run in runs}
    for run in out["runs"]:
        found = {"one": get(f"{V2}/runs/get", run_id=run)}
        found["history"] = {
            name: get(f"{V2}/metrics/get-history", run_id=run, metric_key=name)
            for name in ("loss", "Güte", "x/y", "batch")
        }
        files = get(f"{V2}/artifacts/list", run_id=run, path="ordner")
        found["files"] = {
            file["path"]: client.get(f"/get-artifact?run_uuid={run}&path={urllib.parse.quote(file['path'])}").text
            for file in files.get("files", [])
        }
        out[f"run {run}"] = found
    for text in (
        "metrics.loss < 0.2",
        "params.p0 = 'Straße'",
        "tags.Notiz LIKE '%🦖%'",
        "attributes.status = 'FAILED'",
        "metrics.batch > 3",
    ):
        found = post(f"{V2}/runs/search", {"experiment_ids": ids, "max_results": 1000, "filter": text}).get("runs", [])
        out[f"search {text}"] = sorted(run["info"]["run_id"] for run in found)
    ordered = {"experiment_ids": ids, "max_results": 1000, "order_by": ["metrics.batch DESC", "start_time ASC"]}
    out["ordered"] = [run["info"]["run_id"] for run in post(f"{V2}/runs/search", ordered)["runs"]]
    models = get(f"{V2}/registered-models/search", max_results=1000).get("registered_models", [])
    out["models"] = {model["name"]: get(f"{V2}/registered-models/get", name=model["name"]) for model in models}
    prompts = "tags.`mlflow.prompt.is_prompt` = 'true'"
    found = get(f"{V2}/registered-models/search", max_results=1000, filter=prompts).get("registered_models", [])
    out["prompts"] = {one["name"]: one for one in found}
    versions = get(f"{V2}/model-versions/search", max_results=1000)["model_versions"]
    out["versions"] = {f"{one['name']} {one['version']}": one for one in versions}
    for one in found:
        name = one["name"]
        versions = get(f"{V2}/model-versions/search", max_results=1000, filter=f"name = '{name}' AND {prompts}")
        out[f"prompt {name}"] = {str(version["version"]): version for version in versions["model_versions"]}
    logged = post(f"{V2}/logged-models/search", {"experiment_ids": ids, "max_results": 50})["models"]
    out["logged"] = {model["info"]["model_id"]: model for model in logged}
    traces(out, ids, post, get)
    active = sorted(one["experiment_id"] for one in experiments if one["lifecycle_stage"] == "active")
    others(out, active, get, post)
    return without_order(out)


def traces(out, ids, post, get):
    locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": one}} for one in ids]
    found = post(f"{V3}/traces/search", {"locations": locations, "max_results": 500})["traces"]
    out["traces"] = {}
    for trace in found:
        one = get(f"{V3}/traces/get", trace_id=trace["trace_id"])
        out["traces"][trace["trace_id"]] = {"info": trace, "spans": one}
    for text in ("status = 'ERROR'", "tags.farbe LIKE '%🦖%'", "feedback.`güte` = 'gut 🦖'"):
        found = post(f"{V3}/traces/search", {"locations": locations, "max_results": 500, "filter": text}).get(
            "traces", []
        )
        out[f"traces {text}"] = sorted(trace["trace_id"] for trace in found)


def others(out, ids, get, post):
    found = post(f"{V3}/datasets/search", {"experiment_ids": ids, "max_results": 50})["datasets"]
    for data in found:
        records = get(f"{V3}/datasets/{data['dataset_id']}/records", max_results=1000)
        records["records"] = sorted(json.loads(records["records"]), key=str)
        out[f"data set {data['dataset_id']}"] = [data, records]
    for one in ids:
        out[f"scorers {one}"] = get(f"{V3}/scorers/list", experiment_id=one)
    for kind in ("secrets", "model-definitions", "endpoints", "budgets", "guardrails"):
        out[f"gateway {kind}"] = get(f"{V3}/gateway/{kind}/list")
    out["datasets"] = post("/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": ids})


def without_order(document):
    """Tags, parameters and metrics are rows without an order, as are lists of what has an id."""
    if isinstance(document, dict):
        return {key: value if key in ("ordered",) else without_order(value) for key, value in document.items()}
    if isinstance(document, list):
        return sorted(map(without_order, document), key=lambda value: json.dumps(value, sort_keys=True))
    return document
