"""What the Prefect driver writes, through the REST interface."""

import datetime
import uuid

WORDS = 'Straße Übermut naïve 東京 привет 🚲 Zug it\'s "quoted" back\\slash fünfzig under_score Ωmega café'.split(" ")
START = datetime.datetime(2025, 2, 3, 4, 5, 6, 123456, tzinfo=datetime.UTC)
STATES = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED", "RUNNING", "PENDING", "SCHEDULED", "PAUSED"]


def moment(number):
    return (START + datetime.timedelta(hours=number * 7, microseconds=number)).isoformat()


def word(number):
    return WORDS[number % len(WORDS)]


def pools(web):
    names = []
    for number in range(4):
        made = web.post(
            "/work_pools/",
            {
                "name": f"becken-{number}",
                "description": None if number == 2 else f"Becken {word(number)}",
                "type": ("process", "prefect-agent")[number % 2],
                "is_paused": number == 3,
                "concurrency_limit": number or None,
                "base_job_template": {
                    "job_configuration": {"befehl": "{{ befehl }}"},
                    "variables": {"properties": {"befehl": {"type": "string", "title": "Übermut"}}},
                },
            },
        )
        names.append(made["name"])
        for queue in range(3):
            web.post(
                f"/work_pools/{made['name']}/queues",
                {
                    "name": f"schlange-{queue}",
                    "priority": queue + 2,
                    "concurrency_limit": queue or None,
                    "description": word(queue),
                },
            )
        web.post(
            f"/work_pools/{made['name']}/workers/heartbeat",
            {"name": f"arbeiter {number} 👷", "heartbeat_interval_seconds": 30},
        )
    return names


def blocks(web):
    """A kind of block with a secret in it: its documents are kept encrypted, with a key that is a row too."""
    kind = web.post(
        "/block_types/",
        {
            "name": "Schlüsselbund",
            "slug": "schluesselbund",
            "description": "Für Übermut 🔑",
            "code_example": "```python\nx = 'ü'\n```",
        },
    )
    fields = {
        "title": "Schlüsselbund",
        "type": "object",
        "properties": {
            "benutzer": {"type": "string"},
            "geheim": {"type": "string", "format": "password", "writeOnly": True},
        },
        "block_type_slug": "schluesselbund",
        "secret_fields": ["geheim"],
        "block_schema_references": {},
    }
    schema = web.post(
        "/block_schemas/",
        {"fields": fields, "block_type_id": kind["id"], "capabilities": ["lesen", "schreiben"], "version": "1.0"},
    )
    documents = []
    for number in range(8):
        document = {
            "name": f"bund-{number}" if number % 4 else None,
            "is_anonymous": number % 4 == 0,
            "block_type_id": kind["id"],
            "block_schema_id": schema["id"],
            "data": {"benutzer": word(number), "geheim": f"sehr geheim {number} 🔑", "zahl": number},
        }
        documents.append(web.post("/block_documents/", document)["id"])
    return kind["id"], schema["id"], documents


def deployments(web, flows, pool, documents):
    made = []
    for number in range(12):
        schedules = []
        if number % 4 == 1:
            schedules.append(
                {
                    "schedule": {
                        "interval": 86400.5,
                        "anchor_date": "2025-01-01T00:00:00+00:00",
                        "timezone": "Europe/Berlin",
                    },
                    "active": True,
                }
            )
        if number % 4 == 2:
            schedules.append(
                {
                    "schedule": {"cron": "5 4 * * *", "timezone": "Asia/Tokyo", "day_or": True},
                    "active": number % 8 == 2,
                    "slug": f"täglich-{number}",
                    "parameters": {"wann": "früh"},
                }
            )
        if number % 4 == 3:
            schedules.append(
                {
                    "schedule": {"rrule": "FREQ=WEEKLY;BYDAY=MO,FR", "timezone": "UTC"},
                    "active": False,
                    "max_scheduled_runs": 3,
                }
            )
        document = {
            "name": f"einsatz-{number} {word(number)}",
            "flow_id": flows[number % len(flows)],
            "paused": number % 5 == 4,
            "schedules": schedules,
            "concurrency_limit": number % 3 or None,
            "enforce_parameter_schema": False,
            "parameters": {"x": number, "ü": [None, True, 1.5]},
            "parameter_openapi_schema": {"type": "object", "properties": {"x": {"type": "integer"}}},
            "tags": [f"t{number % 3}", "ä"],
            "labels": {"stufe": number, "wahr": True, "name": word(number)},
            "description": None if number % 3 else f"Zeile 1\nZeile 2 {word(number)}",
            "version": f"v{number}",
            "entrypoint": "flow.py:lauf",
            "job_variables": {"befehl": "los"},
            "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": "/ü"}}]
            if number % 2
            else None,
            "work_pool_name": pool if number % 2 else None,
            "storage_document_id": documents[1] if number % 6 == 0 else None,
        }
        made.append(web.post("/deployments/", document)["id"])
    web.patch(f"/deployments/{made[3]}", {"description": "geändert ✎", "tags": ["neu"]})
    return made


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


def runs(web, flows, deployments):
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


def others(web, flow_runs, task_runs):
    for begin in range(0, 600, 200):
        web.post(
            "/logs/",
            [
                {
                    "name": "prefect.flow_runs",
                    "level": (10, 20, 30, 40)[n % 4],
                    "message": f"Zeile {n}: {word(n)}\n\tund weiter",
                    "timestamp": moment(n),
                    "flow_run_id": flow_runs[n % 40],
                    "task_run_id": task_runs[n % 40] if n % 3 == 0 else None,
                }
                for n in range(begin, begin + 200)
            ],
        )
    for number in range(40):
        kind, data = [
            ("markdown", f"# Überschrift {number}\n* {word(number)}"),
            ("table", f'[{{"ü": {number}}}]'),
            ("result", {"tief": [number, None]}),
            ("progress", number / 4),
            (None, None),
        ][number % 5]
        web.post(
            "/artifacts/",
            {
                "key": f"stueck-{number % 8}" if number % 5 != 4 else None,
                "type": kind,
                "data": data,
                "description": word(number) if number % 2 else None,
                "metadata_": {"größe": str(number)} if number % 3 else None,
                "flow_run_id": flow_runs[number % 20],
                "task_run_id": task_runs[number % 20] if number % 4 == 0 else None,
            },
        )
    for number in range(20):
        value = [word(number), number, number / 8, True, None, {"tief": ["ü", None]}, [1, "zwei"]][number % 7]
        web.post("/variables/", {"name": f"wert_{number}", "value": value, "tags": [word(number), "v"]})
    web.patch("/variables/name/wert_3", {"value": "geändert ✎"})
    for number in range(6):
        web.post(
            "/v2/concurrency_limits/",
            {
                "name": f"grenze {number} ü",
                "limit": number + 1,
                "active": number % 2 == 0,
                "slot_decay_per_second": number / 8,
            },
        )
        web.post("/concurrency_limits/", {"tag": f"marke-{number}", "concurrency_limit": number + 1})
    for number in range(5):
        web.ask(
            "PUT",
            "/saved_searches/",
            {
                "name": f"suche {number} 🔍",
                "filters": [
                    {"object": "flow_run", "property": "name", "type": "string", "operation": "equals", "value": "ü"}
                ],
            },
        )
    for number in range(6):
        trigger = {
            "type": "event",
            "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "match_related": {},
            "after": [],
            "expect": [f"ü.ereignis-{number}"],
            "for_each": ["prefect.resource.id"],
            "posture": "Reactive",
            "threshold": number + 1,
            "within": number * 10.5,
        }
        if number == 5:
            trigger = {
                "type": "compound",
                "require": "all",
                "within": 60,
                "triggers": [trigger, trigger | {"threshold": 1}],
            }
        web.post(
            "/automations/",
            {
                "name": f"Regel {number} ⚙",
                "description": word(number),
                "enabled": number % 2 == 0,
                "tags": ["a"],
                "trigger": trigger,
                "actions": [{"type": "do-nothing"}],
                "actions_on_trigger": [],
                "actions_on_resolve": [],
            },
        )
    now = datetime.datetime.now(datetime.UTC)
    web.post(
        "/events",
        [
            {
                "occurred": (now - datetime.timedelta(minutes=n)).isoformat(),
                "event": f"fremd.ereignis.{n % 4}",
                "id": str(uuid.uuid4()),
                "resource": {"prefect.resource.id": f"fremd.ding.{n}", "prefect.resource.name": word(n)},
                "related": [{"prefect.resource.id": f"fremd.verwandt.{n % 5}", "prefect.resource.role": "ü"}],
                "payload": {"n": n, "text": word(n), "nichts": None},
            }
            for n in range(80)
        ],
    )


def fill(web):
    flows = [
        web.post("/flows/", {"name": f"fluss-{n} {word(n)}", "tags": [word(n), "f"], "labels": {"n": n}})["id"]
        for n in range(20)
    ]
    names = pools(web)
    kind, schema, documents = blocks(web)
    made = deployments(web, flows, names[0], documents)
    flow_runs, task_runs = runs(web, flows, made)
    others(web, flow_runs, task_runs)
    return {
        "flows": len(flows),
        "deployments": len(made),
        "flow_runs": len(flow_runs),
        "task_runs": len(task_runs),
        "documents": len(documents),
    }


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
