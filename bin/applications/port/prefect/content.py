"""What the Prefect driver writes, through the REST interface."""

import datetime
import uuid

import places
import runs
from words import moment, word


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
    names = places.pools(web)
    kind, schema, documents = places.blocks(web)
    made = deployments(web, flows, names[0], documents)
    flow_runs, task_runs = runs.make(web, flows, made)
    others(web, flow_runs, task_runs)
    return {
        "flows": len(flows),
        "deployments": len(made),
        "flow_runs": len(flow_runs),
        "task_runs": len(task_runs),
        "documents": len(documents),
    }
