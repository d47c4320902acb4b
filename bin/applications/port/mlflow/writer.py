"""Writes to MLflow's server: experiments, runs, models, traces, prompts, data sets, secrets and what else it keeps."""

import json
import math

import mlflow
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Metric, Param, RunTag, SpanType

WORDS = ["Straße", "emoji 🦖", "naïve", "日本語", 'it\'s "quoted"', "a,b;c\nsecond line", "x" * 250]
V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"


class Writer:
    def __init__(self, client):
        self.client = client
        mlflow.set_tracking_uri(client.url)
        self.mlflow = MlflowClient(client.url)

    def post(self, path, document, method="POST"):
        return self.client.send(method, path, document)

    def everything(self):
        experiments = [self.experiment(f"Versuch {number} {WORDS[number % 6]}", number) for number in range(6)]
        runs = [self.run(experiments[number % 6], number) for number in range(36)]
        self.treat(experiments, runs)
        models = [self.model(f"Modell {number} {'üñ' * (number % 3)}", runs, number) for number in range(5)]
        self.prompts()
        logged = [self.logged_model(experiments[number + 1], runs[number + 1], number) for number in range(4)]
        traces = [self.trace(experiments[number % 3], number) for number in range(15)]
        self.assess(traces)
        self.evaluation(experiments)
        self.gateway(experiments)
        return {"experiments": experiments, "runs": runs, "models": models, "logged": logged, "traces": traces}

    def experiment(self, name, number):
        tags = [{"key": f"Schlüssel {place}", "value": WORDS[(number + place) % 6]} for place in range(3)]
        return self.post(f"{V2}/experiments/create", {"name": name, "tags": tags})["experiment_id"]

    def run(self, experiment, number):
        begun = 1_700_000_000_000 + number * 86_400_123
        run = self.post(
            f"{V2}/runs/create",
            {
                "experiment_id": experiment,
                "run_name": f"Lauf {number} {WORDS[number % 6]}".splitlines()[0],
                "start_time": begun,
                "tags": [{"key": "mlflow.user", "value": "Zoë"}, {"key": "Notiz", "value": WORDS[number % 7]}],
            },
        )["run"]["info"]["run_id"]
        for name, values in (
            ("loss", (1 / 3, 0.1, 1e-300)),
            ("Güte", (math.inf, -math.inf, math.nan)),
            ("x/y", (-0.0, 2.0**60, 5e-324)),
        ):
            for step, value in enumerate(values):
                # JSON has no infinity; the server reads these words.
                value = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN" if value != value else value)
                found = {"run_id": run, "key": name, "value": value, "timestamp": begun + step, "step": step - 1}
                self.post(f"{V2}/runs/log-metric", found)
        self.mlflow.log_batch(
            run,
            metrics=[Metric("batch", number / 7 + step, begun + step, step) for step in range(20)],
            params=[Param(f"p{place}", WORDS[place % 7]) for place in range(6)] + [Param("lang", "ü" * 6000)],
            tags=[RunTag("json", json.dumps({"a": [1, None, "ü"]})), RunTag("leer", "")],
        )
        data = {
            "name": f"Daten {number % 4}",
            "digest": f"d{number % 4}",
            "source_type": "local",
            "source": '{"uri": "/ü"}',
        }
        tags = [{"key": "mlflow.data.context", "value": "training"}]
        data |= {"schema": '{"cols": ["ä"]}', "profile": '{"rows": 3}'}
        self.post(f"{V2}/runs/log-inputs", {"run_id": run, "datasets": [{"tags": tags, "dataset": data}]})
        self.mlflow.log_text(run, f"Inhalt {number}: {WORDS[number % 6]}", f"ordner/datei {number}.txt")
        status = ["FINISHED", "FAILED", "KILLED", "RUNNING"][number % 4]
        ended = {"end_time": begun + 1000 * number} if status != "RUNNING" else {}
        self.post(f"{V2}/runs/update", {"run_id": run, "status": status, **ended})
        return run

    def place(self, run):
        return self.client.get(f"{V2}/runs/get?run_id={run}").json["run"]["info"]["artifact_uri"]

    def treat(self, experiments, runs):
        for run in runs[::7]:
            self.post(f"{V2}/runs/delete", {"run_id": run})
        self.post(f"{V2}/runs/restore", {"run_id": runs[7]})
        self.post(f"{V2}/experiments/update", {"experiment_id": experiments[1], "new_name": "umbenannt 🦖"})
        self.post(f"{V2}/experiments/delete", {"experiment_id": experiments[5]})
        self.post(f"{V2}/runs/delete-tag", {"run_id": runs[1], "key": "leer"})

    def model(self, name, runs, number):
        tags = [{"key": "wer", "value": WORDS[number % 6]}]
        self.post(f"{V2}/registered-models/create", {"name": name, "description": WORDS[number % 7], "tags": tags})
        for place in range(number + 1):
            version = {"name": name, "source": self.place(runs[place + 1]), "run_id": runs[place + 1]}
            version |= {"tags": tags, "description": WORDS[place % 7] if place % 2 else ""}
            self.post(f"{V2}/model-versions/create", version)
        alias = {"name": name, "alias": "meister", "version": "1"}
        self.post(f"{V2}/registered-models/alias", alias)
        stage = {"name": name, "version": "1", "stage": "Production", "archive_existing_versions": False}
        self.post(f"{V2}/model-versions/transition-stage", stage)
        return name

    def prompts(self):
        for number in range(3):
            for turn in range(2):
                text = f"Erkläre {{{{thema}}}} auf {WORDS[number % 6]}, {turn}"
                mlflow.genai.register_prompt(
                    f"frage-{number}", text, commit_message=WORDS[turn], tags={"ton": "höflich"}
                )
        mlflow.genai.set_prompt_alias("frage-1", "jetzt", 1)

    def logged_model(self, experiment, run, number):
        params = [{"key": "tiefe", "value": str(number)}, {"key": "wort", "value": WORDS[number % 6]}]
        made = {"experiment_id": experiment, "name": f"gemerkt-{number}", "model_type": "Agent", "params": params}
        made |= {"source_run_id": run, "tags": [{"key": "ü", "value": WORDS[number % 6]}]}
        model = self.post(f"{V2}/logged-models", made)["model"]["info"]["model_id"]
        status = ["LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"][number % 2]
        self.post(f"{V2}/logged-models/{model}", {"model_id": model, "status": status}, "PATCH")
        metric = {
            "run_id": run,
            "key": "modellgüte",
            "value": number / 3,
            "timestamp": 1_700_000_000_000 + number,
            "step": 0,
        }
        self.post(f"{V2}/runs/log-metric", metric | {"model_id": model})
        self.post(f"{V2}/runs/outputs", {"run_id": run, "models": [{"model_id": model, "step": number}]})
        return model

    def trace(self, experiment, number):
        mlflow.set_experiment(experiment_id=experiment)
        with mlflow.start_span(
            f"Frage {WORDS[number % 6]}", span_type=SpanType.CHAIN, attributes={"n": number}
        ) as span:
            span.set_inputs({"frage": WORDS[number % 7], "n": [1, None, True, number / 3]})
            with mlflow.start_span("innen", span_type=SpanType.LLM) as inner:
                inner.set_outputs({"ü": [number, "🦖"]})
                if number % 5 == 4:
                    inner.set_status("ERROR")
            mlflow.update_current_trace(
                tags={"farbe": WORDS[number % 6]}, metadata={"mlflow.trace.session": f"s{number % 3}"}
            )
            span.set_outputs(WORDS[(number + 1) % 7])
        mlflow.flush_trace_async_logging()
        self.mlflow.set_trace_tag(span.trace_id, "nachher", "ja")
        return span.trace_id

    def assess(self, traces):
        for number, trace in enumerate(traces):
            person = AssessmentSource(source_type="HUMAN", source_id="zoë@example.com")
            value = [True, 3, 0.25, "gut 🦖"][number % 4]
            mlflow.log_feedback(trace_id=trace, name="güte", value=value, source=person, rationale=WORDS[number % 6])
            mlflow.log_expectation(trace_id=trace, name="erwartet", value={"a": [1, "ü"]}, source=person)

    def evaluation(self, experiments):
        for number in range(3):
            made = {
                "name": f"Auswahl {number} ü",
                "experiment_ids": experiments[:2],
                "tags": json.dumps({"art": "süß"}),
            }
            data = self.post(f"{V3}/datasets/create", made)["dataset"]["dataset_id"]
            records = [
                {
                    "inputs": {"frage": f"{word} {place}"},
                    "expectations": {"antwort": [place, None]},
                    "tags": {"n": str(place)},
                }
                for place, word in enumerate(WORDS)
            ]
            self.post(f"{V3}/datasets/{data}/records", {"dataset_id": data, "records": json.dumps(records)})
        for number in range(4):
            scorer = {
                "experiment_id": experiments[0],
                "name": f"prüfer {number % 2}",
                "serialized_scorer": json.dumps(self.scorer(number)),
            }
            self.post(f"{V3}/scorers/register", scorer)

    def scorer(self, number):
        return {
            "name": f"prüfer {number % 2}",
            "mlflow_version": "3",
            "serialization_version": 1,
            "instructions": WORDS[number],
        }

    def gateway(self, experiments):
        for number in range(3):
            secret = {"secret_name": f"schlüssel-{number}", "provider": "openai", "created_by": "zoë"}
            secret |= {"secret_value": {"api_key": f"sk-geheim-{number}-ü"}, "auth_config": {"region": "süd"}}
            secret = self.post(f"{V3}/gateway/secrets/create", secret)["secret"]["secret_id"]
            model = {"name": f"modell-{number}", "secret_id": secret, "provider": "openai", "model_name": "gpt-4o"}
            model = self.post(f"{V3}/gateway/model-definitions/create", model)["model_definition"][
                "model_definition_id"
            ]
            config = {"model_definition_id": model, "linkage_type": "PRIMARY", "weight": 0.5, "fallback_order": 0}
            endpoint = {
                "name": f"tor-{number}",
                "model_configs": [config],
                "created_by": "zoë",
                "usage_tracking": number % 2 == 0,
            }
            endpoint = self.post(f"{V3}/gateway/endpoints/create", endpoint)["endpoint"]["endpoint_id"]
            self.post(
                f"{V3}/gateway/endpoints/set-tag", {"endpoint_id": endpoint, "key": "farbe", "value": WORDS[number]}
            )

    def more(self):
        """More of each kind; what was written before is still written to."""
        before = self.post(f"{V2}/experiments/search", {"max_results": 1000, "view_type": "ALL"})["experiments"]
        ids = {int(experiment["experiment_id"]) for experiment in before}
        experiment = self.experiment("danach ü", 9)
        assert int(experiment) > max(ids), (experiment, ids)
        run = self.run(experiment, 101)
        old = self.post(f"{V2}/runs/search", {"experiment_ids": ["3"]}).get("runs", [])
        assert old
        for found in old[:3]:
            metric = {"run_id": found["info"]["run_id"], "key": "danach", "value": 0.1, "timestamp": 1, "step": 0}
            self.post(f"{V2}/runs/log-metric", metric)
        history = self.client.get(f"{V2}/metrics/get-history?run_id={run}&metric_key=batch").json
        assert len(history["metrics"]) == 20
        self.model("danach", [run, run], 0)
        again = {"name": "Modell 1 üñ", "source": self.place(run), "run_id": run}
        version = self.post(f"{V2}/model-versions/create", again)["model_version"]["version"]
        assert str(version) == "3", version
        logged = self.logged_model(experiment, run, 50)
        trace = self.trace(experiment, 51)
        self.assess([trace])
        found = self.client.get(f"{V3}/traces/{trace}").json["trace"]["trace_info"]
        assert len(found["assessments"]) == 2 and found["state"] == "OK", found
        self.prompts()
        self.evaluation([experiment])
        gone = [one["experiment_id"] for one in before if one["lifecycle_stage"] == "deleted"]
        self.post(f"{V2}/experiments/restore", {"experiment_id": gone[0]})
        return {"experiment": experiment, "run": run, "logged_model": logged, "trace": trace, "model_version": version}
