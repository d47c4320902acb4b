"""Runs of flows and tasks with all their states, which the Prefect driver writes."""

from words import moment, word

STATES = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED", "RUNNING", "PENDING", "SCHEDULED", "PAUSED"]


def state(number, details=None):
    kind = STATES[number % len(STATES)]
    details = dict(details or {})
    if kind == "SCHEDULED":
        details["scheduled_time"] = moment(number)
    data = {"type": "unpersisted"} if kind == "COMPLETED" and number % 3 == 0 else None
    return {
        "type": kind,
        "name": f"Zustand {word(number)}" if number % 5 == 0 else None,
        "message": None if number % 2 else f"weil {word(number)}",
        "data": data,
        "state_details": details,
    }


def make(web, flows, deployments):
    flow_runs, task_runs = [], []
    for number in range(160):
        document = {
            "flow_id": flows[number % len(flows)],
            "name": f"lauf-{number} {word(number)}",
            "flow_version": f"{number % 4}" if number % 3 else None,
            "parameters": {"n": number, "text": word(number), "tief": {"leer": None, "liste": [1, [2.5, False]]}},
            "context": {"ü": "✓"} if number % 4 == 0 else {},
            "tags": sorted({f"t{number % 3}", word(number)}),
            "labels": {"nummer": number, "teil": number / 4},
            "idempotency_key": f"schlüssel-{number}",
            "empirical_policy": {
                "retries": number % 4,
                "retry_delay": number % 3,
                "resuming": None,
                "pause_keys": ["a"],
            },
            "job_variables": {"bild": "ü"} if number % 6 == 0 else None,
            "state": {"type": "PENDING"},
        }
        if number % 10 == 9:
            made = web.post(
                f"/deployments/{deployments[number % 12]}/create_flow_run",
                {"name": document["name"], "parameters": {"x": number}, "tags": ["aus einem Einsatz"]},
            )
        else:
            made = web.post("/flow_runs/", document)
        flow_runs.append(made["id"])
        for kind in ("RUNNING", None):
            wanted = {"type": kind, "state_details": {}} if kind else state(number)
            web.post(f"/flow_runs/{made['id']}/set_state", {"state": wanted, "force": True})
    for number in range(240):
        made = web.post(
            "/task_runs/",
            {
                "flow_run_id": flow_runs[number % 60],
                "name": f"schritt-{number} {word(number)}",
                "task_key": f"schritt.{number % 9}",
                "dynamic_key": str(number),
                "cache_key": f"zwischen-{number}" if number % 7 == 0 else None,
                "cache_expiration": moment(number) if number % 14 == 0 else None,
                "task_version": f"{number % 3}",
                "empirical_policy": {
                    "retries": number % 3,
                    "retry_delay": [1, 2, 3] if number % 2 else None,
                    "retry_jitter_factor": 0.25,
                },
                "tags": [word(number)],
                "labels": {"a": number},
                "task_inputs": {"x": [{"input_type": "task_run", "id": task_runs[-1]}]} if number % 60 else {},
                "state": {"type": "PENDING"},
            },
        )
        task_runs.append(made["id"])
        web.post(f"/task_runs/{made['id']}/set_state", {"state": {"type": "RUNNING"}, "force": True})
        web.post(
            f"/task_runs/{made['id']}/set_state",
            {"state": state(number, {"cache_key": f"k{number}"} if number % 7 == 0 else None), "force": True},
        )
    for number in range(0, 30, 2):
        web.patch(
            f"/flow_runs/{flow_runs[number]}",
            {"name": f"umbenannt {number}", "tags": ["✎"], "infrastructure_pid": f"host:{number}"},
        )
        web.patch(f"/flow_runs/{flow_runs[number]}/labels", {"dazu": "ü"})
        web.post(
            f"/flow_runs/{flow_runs[number]}/input",
            {"key": f"eingabe-{number}", "value": f'{{"ü": {number}}}', "sender": "jemand"},
        )
    for number in range(150, 155):
        web.delete(f"/flow_runs/{flow_runs[number]}")
        flow_runs[number] = flow_runs[0]
    return flow_runs, task_runs
