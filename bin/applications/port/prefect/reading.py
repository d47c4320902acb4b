"""What the Prefect driver reads back: the list of everything, filters, histories, counts."""

# What goes by the clock of the moment.
LEFT_OUT = {"estimated_run_time", "estimated_start_time_delta", "status", "last_polled"}
LISTS = {
    "flows": {"sort": "NAME_ASC"},
    "flow_runs": {"sort": "ID_DESC"},
    "task_runs": {"sort": "ID_DESC"},
    "deployments": {"sort": "NAME_ASC"},
    "logs": {"sort": "TIMESTAMP_ASC"},
    "artifacts": {"sort": "ID_DESC"},
    "variables": {"sort": "NAME_ASC"},
    "block_types": {},
    "block_schemas": {},
    "block_documents": {"include_secrets": True},
    "work_pools": {},
    "work_queues": {},
    "saved_searches": {},
    "concurrency_limits": {},
    "v2/concurrency_limits": {},
    "automations": {},
}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key not in LEFT_OUT}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def pages(web, path, wanted):
    """All of it; in the order of the keys, where the interface has no order."""
    found, page = [], True
    while page:
        page = web.post(path, {**wanted, "limit": 200, "offset": len(found)})
        found += page
        if len(page) < 200:
            break
    return sorted(plain(found), key=lambda row: row["id"])


def events(web):
    wanted = {"filter": {"occurred": {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}}, "limit": 50}
    page = web.post("/events/filter", wanted)
    found = page["events"]
    while page["next_page"]:
        page = web.get(page["next_page"].split("/api", 1)[1])
        found += page["events"]
    return page["total"], sorted(found, key=lambda event: event["id"])


def everything(web):
    found = {name: pages(web, f"/{name}/filter", wanted) for name, wanted in LISTS.items()}
    found["events, how many"], found["events"] = events(web)
    for pool in found["work_pools"]:
        name = pool["name"]
        for kind in ("queues", "workers"):
            found[f"{kind} of {name}"] = pages(web, f"/work_pools/{name}/{kind}/filter", {})
    for run in found["flow_runs"]:
        key = run["id"]
        found[f"states of {key}"] = plain(web.get("/flow_run_states/", flow_run_id=key))
        found[f"run {key}"] = plain(web.get(f"/flow_runs/{key}"))
    for run in found["flow_runs"][::10]:
        found[f"graph of {run['id']}"] = web.get(f"/flow_runs/{run['id']}/graph-v2")
        found[f"input of {run['id']}"] = web.post(f"/flow_runs/{run['id']}/input/filter", {"prefix": "eingabe"})
        found[f"log of {run['id']}"] = web.raw("GET", f"/flow_runs/{run['id']}/logs/download").decode()
    for run in found["task_runs"]:
        found[f"states of {run['id']}"] = plain(web.get("/task_run_states/", task_run_id=run["id"]))
    for deployment in found["deployments"]:
        schedules = web.get(f"/deployments/{deployment['id']}/schedules")
        found[f"schedules of {deployment['id']}"] = sorted(schedules, key=lambda row: row["id"])
    for key in ("stueck-0", "stueck-3"):
        found[f"latest {key}"] = web.get(f"/artifacts/{key}/latest")
    found["capabilities"] = sorted(web.get("/block_capabilities/"))
    found["of the kind"] = pages_of_kind(web)
    filters(web, found)
    computed(web, found)
    return found


def pages_of_kind(web):
    documents = web.get("/block_types/slug/schluesselbund/block_documents", include_secrets="true")
    return sorted(documents, key=lambda row: row["id"])


def filters(web, found):
    runs = {
        "failed": {"flow_runs": {"state": {"type": {"any_": ["FAILED", "CRASHED"]}}}},
        "named": {"flow_runs": {"name": {"like_": "Übermut"}}},
        "tagged": {"flow_runs": {"tags": {"all_": ["t1"]}}},
        "tagged with any": {"flow_runs": {"tags": {"any_": ["✎", "東京"]}}},
        "without tags": {"flow_runs": {"tags": {"is_null_": True}}},
        "of a flow": {"flows": {"name": {"like_": "fluss-1"}}},
        "of a deployment": {"flow_runs": {"deployment_id": {"is_null_": False}}},
        "of deployments named": {"deployments": {"name": {"like_": "einsatz"}, "tags": {"all_": ["ä"]}}},
        "of a version": {"flow_runs": {"flow_version": {"any_": ["2", "3"]}}},
        "due": {"flow_runs": {"next_scheduled_start_time": {"before_": "2025-03-01T00:00:00Z"}}},
        "begun": {
            "flow_runs": {"start_time": {"is_null_": False}, "expected_start_time": {"after_": "2025-02-10T00:00:00Z"}}
        },
        "with steps that failed": {"task_runs": {"state": {"type": {"any_": ["FAILED"]}}}},
        "in a pool": {"work_pools": {"name": {"any_": ["becken-0"]}}},
    }
    for name, wanted in runs.items():
        found[f"runs: {name}"] = [run["id"] for run in pages(web, "/flow_runs/filter", wanted)]
        found[f"runs, counted: {name}"] = web.post("/flow_runs/count", wanted)
    for sort in ("NAME_ASC", "NAME_DESC", "EXPECTED_START_TIME_ASC", "START_TIME_ASC", "END_TIME_DESC"):
        rows = web.post(
            "/flow_runs/filter", {"sort": sort, "limit": 40, "flow_runs": {"end_time": {"is_null_": False}}}
        )
        found[f"runs by {sort}"] = [row["id"] for row in rows]
    logs = {
        "errors": {"level": {"ge_": 40}},
        "of a day": {"timestamp": {"after_": "2025-03-01T00:00:00Z", "before_": "2025-03-03T00:00:00Z"}},
        "that say": {"text": {"query": "東京"}},
    }
    for name, wanted in logs.items():
        found[f"logs: {name}"] = [row["id"] for row in pages(web, "/logs/filter", {"logs": wanted})]
    found["variables: tagged"] = [
        row["name"] for row in pages(web, "/variables/filter", {"variables": {"tags": {"all_": ["v", "東京"]}}})
    ]
    found["artifacts: latest"] = pages(web, "/artifacts/latest/filter", {})
    found["documents: anonymous"] = pages(
        web, "/block_documents/filter", {"block_documents": {"is_anonymous": {"eq_": True}}}
    )
    times = sorted(event["occurred"] for event in found["events"])
    for what in ("event", "resource"):
        rows = web.post(f"/events/count-by/{what}", {"filter": {"occurred": {"since": times[0], "until": times[-1]}}})
        found[f"events by {what}"] = sorted(rows, key=lambda row: (row["value"], row["label"]))


def computed(web, found):
    history = {
        "history_start": "2025-02-01T00:00:00Z",
        "history_end": "2025-04-01T00:00:00Z",
        "history_interval_seconds": 86400 * 7,
    }
    for kind in ("flow_runs", "task_runs"):
        found[f"history of {kind}"] = plain(web.post(f"/{kind}/history", history))
    for kind in (
        "flows",
        "flow_runs",
        "task_runs",
        "deployments",
        "artifacts",
        "artifacts/latest",
        "variables",
        "work_pools",
        "automations",
        "block_documents",
    ):
        found[f"{kind}, how many"] = web.post(f"/{kind}/count", {})
    ids = [flow["id"] for flow in found["flows"]]
    found["deployments of flows"] = web.post("/ui/flows/count-deployments", {"flow_ids": ids})
    found["steps of runs"] = web.post(
        "/ui/flow_runs/count-task-runs", {"flow_run_ids": [run["id"] for run in found["flow_runs"][:100]]}
    )
    found["steps by state"] = web.post("/ui/task_runs/count", {})
