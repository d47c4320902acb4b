"""Where runs go, and what they need: work pools, queues, workers, blocks. The Prefect driver writes them."""

from words import word


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
