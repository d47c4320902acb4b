"""One more of each kind, which the Prefect driver writes and reads back."""

import uuid

from words import moment


def more(web):
    """One more of each kind, read back; the new ids."""
    name = f"neu-{uuid.uuid4().hex[:8]}"
    flow = web.post("/flows/", {"name": name, "tags": ["neu"]})["id"]
    pool = web.post("/work_pools/", {"name": name, "type": "process"})["id"]
    queue = web.post(f"/work_pools/{name}/queues", {"name": "schlange"})["id"]
    web.post(f"/work_pools/{name}/workers/heartbeat", {"name": "arbeiter"})
    deployment = web.post(
        "/deployments/",
        {
            "name": name,
            "flow_id": flow,
            "parameters": {"ü": 1},
            "work_pool_name": name,
            "schedules": [{"schedule": {"cron": "0 0 * * *"}}],
        },
    )["id"]
    run = web.post(f"/deployments/{deployment}/create_flow_run", {"name": name, "parameters": {"ü": 2}})["id"]
    for kind in ("PENDING", "RUNNING", "COMPLETED"):
        if web.post(f"/flow_runs/{run}/set_state", {"state": {"type": kind}, "force": True})["status"] != "ACCEPT":
            raise ValueError(f"{kind} is not accepted")
    task = web.post(
        "/task_runs/", {"flow_run_id": run, "task_key": "t", "dynamic_key": "1", "state": {"type": "RUNNING"}}
    )["id"]
    web.post(f"/task_runs/{task}/set_state", {"state": {"type": "FAILED", "message": "ü"}, "force": True})
    web.post("/logs/", [{"name": "neu", "level": 20, "message": "neu ✓", "timestamp": moment(1), "flow_run_id": run}])
    artifact = web.post("/artifacts/", {"key": name, "type": "markdown", "data": "# neu", "flow_run_id": run})["id"]
    variable = web.post("/variables/", {"name": name.replace("-", "_"), "value": {"neu": [None]}})["id"]
    limit = web.post("/v2/concurrency_limits/", {"name": name, "limit": 3})["id"]
    kind = web.get("/block_types/slug/schluesselbund")["id"]
    schema = web.post("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind]}}})[0]["id"]
    block = web.post(
        "/block_documents/",
        {"name": name, "block_type_id": kind, "block_schema_id": schema, "data": {"geheim": "neu 🔑"}},
    )["id"]
    automation = web.post(
        "/automations/",
        {
            "name": name,
            "trigger": {"type": "event", "expect": ["x"], "posture": "Reactive", "threshold": 1, "within": 0},
            "actions": [{"type": "do-nothing"}],
        },
    )["id"]
    seen = {
        "run": web.get(f"/flow_runs/{run}")["parameters"],
        "state": web.get(f"/flow_runs/{run}")["state_type"],
        "states": [one["type"] for one in web.get("/flow_run_states/", flow_run_id=run)][-3:],
        "task": web.get(f"/task_runs/{task}")["state"]["message"],
        "log": [log["message"] for log in web.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [run]}}})],
        "artifact": web.get(f"/artifacts/{name}/latest")["data"],
        "variable": web.get(f"/variables/name/{name.replace('-', '_')}")["value"],
        "block": web.get(f"/block_documents/{block}", include_secrets="true")["data"],
        "automation": web.get(f"/automations/{automation}")["name"],
    }
    wanted = {
        "run": {"ü": 2},
        "state": "COMPLETED",
        "states": ["PENDING", "RUNNING", "COMPLETED"],
        "task": "ü",
        "log": ["neu ✓"],
        "artifact": "# neu",
        "variable": {"neu": [None]},
        "block": {"geheim": "neu 🔑"},
        "automation": name,
    }
    if seen != wanted:
        raise ValueError(f"written {wanted}, read {seen}")
    return {
        "flow": flow,
        "pool": pool,
        "queue": queue,
        "deployment": deployment,
        "flow_run": run,
        "task_run": task,
        "artifact": artifact,
        "variable": variable,
        "limit": limit,
        "block": block,
        "automation": automation,
    }
