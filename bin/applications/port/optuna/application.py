"""optuna: studies through its Python API, its command line and its dashboard's HTTP API, on SQLAlchemy and Alembic."""

import base64
import datetime
import json
import logging
import math
import pathlib
import sys

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "shared"))
import web  # noqa: E402

URL = web.database(postgres="postgresql+psycopg2://{}")
BIN = web.FOLDER / "venv" / "bin"
ARTIFACTS = web.HOME / "artifacts"
WORDS = ["schnell", "gründlich 🦖", "naïve", "日本語", 'it\'s "quoted"', ""]


def cli(*arguments):
    return web.call([BIN / "optuna", *arguments, "--storage", URL, "-q"])


def dashboard():
    ARTIFACTS.mkdir(exist_ok=True)
    command = [BIN / "optuna-dashboard", URL, "--port", "{port}", "--artifact-dir", ARTIFACTS, "--server", "wsgiref"]
    return web.Served(command, "/api/studies")


def migrate():
    # The first connection makes the schema, as the manual has it; what is older is migrated.
    cli("studies")
    cli("storage upgrade")
    return versions()


def check():
    found = versions()
    if found["current"] != found["head"]:
        sys.exit(f"not up to date: {found}")
    cli("studies")
    return found


def versions():
    storage = RDBStorage(URL, skip_compatibility_check=True, skip_table_creation=True)
    return {"current": storage.get_current_version(), "head": storage.get_head_version()}


def objective(trial):
    x = trial.suggest_float("x", -10, 10)
    step = trial.suggest_float("Schritt", 1e-8, 1.0, log=True)
    layers = trial.suggest_int("layers", 1, 64, step=3)
    way = trial.suggest_categorical("way", [*WORDS, None, True, 3, 2.5])
    trial.set_user_attr("seen", {"x": x, "words": WORDS, "none": None, "deep": [1, [2, {"ü": 3}]]})
    trial.set_user_attr("is_good", x > 0)
    for number in range(4):
        trial.report([x * number, math.inf, -math.inf, math.nan][(trial.number + number) % 4], number)
    if trial.number % 11 == 3:
        raise ValueError("failed on purpose")
    if trial.number % 13 == 5:
        raise optuna.TrialPruned()
    if trial.number % 17 == 6:
        return math.inf if trial.number % 2 else math.nan
    return x * x + step / layers + len(str(way))


def fill():
    logging.getLogger("optuna").setLevel(logging.ERROR)
    storage = RDBStorage(URL, heartbeat_interval=60)
    sampler = optuna.samplers.RandomSampler(seed=7)
    for name in ("größe", "emoji 🦖", "plain", "a" * 500):
        study = optuna.create_study(storage=storage, study_name=name, sampler=sampler)
        study.set_user_attr("who", {"name": "Zoë", "since": "2026-02-03", "tags": WORDS})
        study.set_user_attr("nothing", None)
        study.enqueue_trial({"x": 0.1 + 0.2}, user_attrs={"by": "hand"})
        study.optimize(objective, n_trials=40, catch=(ValueError,))
    several(storage)
    by_hand(storage)
    with_cli()
    return {"dashboard": with_dashboard(), "studies": len(optuna.get_all_study_names(storage))}


def several(storage):
    """More than one objective, with constraints."""
    sampler = optuna.samplers.NSGAIISampler(
        seed=3, population_size=8, constraints_func=lambda trial: (trial.params["x"] - 1,)
    )
    directions = ["minimize", "maximize"]
    study = optuna.create_study(storage=storage, study_name="several", directions=directions, sampler=sampler)
    study.set_metric_names(["loss", "Güte"])
    study.optimize(lambda trial: ((x := trial.suggest_float("x", 0, 2)), x * trial.suggest_int("n", 1, 9)), n_trials=30)


def by_hand(storage):
    """Trials in every state and with every kind of number, at times of their own."""
    study = optuna.create_study(storage=storage, study_name="by hand", direction="maximize")
    space = {
        "x": FloatDistribution(-1e300, 1e300),
        "n": IntDistribution(-(2**53), 2**53),
        "c": CategoricalDistribution(["a", None]),
    }
    values = [0.1, 1e-300, -1e300, 1 / 3, 5e-324, -0.0, 12345678901234567.0, math.inf, -math.inf]
    for number, value in enumerate(values):
        start = datetime.datetime(2020, 1, 1 + number, 23, 59, 59, number * 111_111)
        end = start + datetime.timedelta(days=number, microseconds=1)
        params = {"x": 1e300 / (number + 3), "n": 2**53 - number, "c": ["a", None][number % 2]}
        trial = create_trial(
            state=TrialState.COMPLETE,
            value=value,
            params=params,
            distributions=space,
            user_attrs={WORDS[number % 6] or "none": number},
            intermediate_values={number: value},
        )
        trial.datetime_start, trial.datetime_complete = start, end
        study.add_trial(trial)
    for state in (TrialState.FAIL, TrialState.PRUNED, TrialState.WAITING, TrialState.RUNNING):
        study.add_trial(create_trial(state=state, value=None))


def with_cli():
    cli("create-study", "--study-name", "von der Zeile", "--direction", "maximize")
    cli("study set-user-attr", "--study-name", "von der Zeile", "--key", "Schlüssel", "--value", "Wert 🦖")
    space = {name: optuna.distributions.distribution_to_json(FloatDistribution(0, 1)) for name in ("p", "q")}
    space = {name: json.loads(text) for name, text in space.items()}
    for number in range(5):
        asked = json.loads(
            cli("ask", "--study-name", "von der Zeile", "--search-space", json.dumps(space), "-f", "json")
        )
        state = ["complete", "complete", "fail", "pruned", "complete"][number]
        values = ["--values", str(number / 7)] if state == "complete" else []
        told = ["tell", "--study-name", "von der Zeile", "--trial-number", str(asked["number"]), "--state", state]
        cli(*told, *values)


def with_dashboard():
    with dashboard() as client:
        made = client.send("POST", "/api/studies", {"study_name": "Vom Brett 🦖", "directions": ["minimize"]})
        study = made["study_summary"]["study_id"]
        body = "# Notiz\n\n" + "Ein langer Text mit Umlauten: äöü ß. " * 200
        client.send("PUT", f"/api/studies/{study}/note", {"version": 1, "body": body})
        client.send("PUT", f"/api/studies/{study}/note", {"version": 2, "body": body + "Ende"})
        told = optuna.load_study(study_name="Vom Brett 🦖", storage=URL)
        for number in range(6):
            trial = told.ask({"x": FloatDistribution(0, 9)})
            attributes = {"user_attrs": {"Farbe": WORDS[number], "n": number}}
            client.send("POST", f"/api/trials/{trial._trial_id}/user-attrs", attributes)
            file = "data:text/plain;base64," + base64.b64encode(f"Inhalt {number} ü".encode()).decode()
            artifact = {"file": file, "filename": f"Datei {number}.txt"}
            client.send("POST", f"/api/artifacts/{study}/{trial._trial_id}", artifact)
            note = {"version": 1, "body": f"Zu {number}"}
            client.send("PUT", f"/api/studies/{study}/{trial._trial_id}/note", note)
            state = {"state": "Fail"} if number == 4 else {"state": "Complete", "values": [number / 3]}
            client.send("POST", f"/api/trials/{trial._trial_id}/tell", state)
        file = "data:application/json;base64," + base64.b64encode(b'{"a": 1}').decode()
        client.send("POST", f"/api/artifacts/{study}", {"file": file, "filename": "ganz.json"})
        other = client.send("POST", "/api/studies", {"study_name": "vorher", "directions": ["maximize", "minimize"]})
        client.send("POST", f"/api/studies/{other['study_summary']['study_id']}/rename", {"study_name": "nachher"})
    return study


def trial_read(trial):
    return {
        "id": trial._trial_id,
        "number": trial.number,
        "state": trial.state.name,
        "values": trial.values,
        "params": trial.params,
        "distributions": {name: str(found) for name, found in trial.distributions.items()},
        "user_attrs": trial.user_attrs,
        "system_attrs": trial.system_attrs,
        "intermediate": {str(step): value for step, value in trial.intermediate_values.items()},
        "times": [str(trial.datetime_start), str(trial.datetime_complete)],
    }


def read():
    out = {"api": {}, "cli": {}, "dashboard": {}}
    for summary in optuna.get_all_study_summaries(URL):
        study = optuna.load_study(study_name=summary.study_name, storage=URL)
        out["api"][summary.study_name] = {
            "id": study._study_id,
            "directions": [direction.name for direction in study.directions],
            "user_attrs": study.user_attrs,
            "metrics": study.metric_names,
            "begun": str(summary.datetime_start),
            "trials": [trial_read(trial) for trial in study.trials],
            "best": sorted(trial.number for trial in study.best_trials),
            "durations": [str(trial.duration) for trial in study.trials],
        }
    out["cli"]["names"] = sorted(cli("study-names").splitlines())
    by_name = lambda row: row["name"]
    out["cli"]["studies"] = sorted(json.loads(cli("studies", "-f", "json")), key=by_name)
    for name in ("plain", "von der Zeile", "by hand"):
        out["cli"][name] = json.loads(cli("trials", "--study-name", name, "-f", "json"))
    out["cli"]["best"] = json.loads(cli("best-trials", "--study-name", "several", "-f", "json"))
    with dashboard() as client:
        studies = client.get("/api/studies").json["study_summaries"]
        for study in sorted(studies, key=lambda study: study["study_id"]):
            place = study["study_id"]
            found = {"summary": study, "detail": without_order(client.get(f"/api/studies/{place}").json)}
            found["csv"] = client.get(f"/csv/{place}").text.splitlines()
            files = list(found["detail"]["artifacts"])
            found["files"] = [client.get(f"/artifacts/{place}/{file['artifact_id']}").text for file in files]
            for trial in found["detail"]["trials"]:
                for file in trial["artifacts"]:
                    path = f"/artifacts/{place}/{trial['trial_id']}/{file['artifact_id']}"
                    found["files"].append(client.get(path).text)
            out["dashboard"][study["study_name"]] = without_order(found)
    return out


def without_order(document):
    """What the dashboard puts together in sets and from rows without an order."""
    if isinstance(document, dict):
        return {key: without_order(value) for key, value in document.items()}
    if isinstance(document, list) and all(
        isinstance(value, dict) and {*value} & {"key", "pytype"} for value in document
    ):
        return sorted(document, key=str)
    return [without_order(value) for value in document] if isinstance(document, list) else document


def more():
    logging.getLogger("optuna").setLevel(logging.ERROR)
    storage = RDBStorage(URL, heartbeat_interval=60)
    before = {trial._trial_id for name in optuna.get_all_study_names(storage) for trial in trials(storage, name)}
    sampler = optuna.samplers.TPESampler(seed=1)
    study = optuna.load_study(study_name="größe", storage=storage, sampler=sampler)
    study.optimize(objective, n_trials=15, catch=(ValueError,))
    study.set_user_attr("who", "another")
    new = optuna.create_study(storage=storage, study_name="danach ü", directions=["maximize", "minimize"])
    new.set_user_attr("list", WORDS)
    new.optimize(lambda trial: (trial.suggest_float("x", 0, 1), trial.suggest_int("n", 1, 3)), n_trials=5)
    # The trial that was waiting is the next one.
    waiting = optuna.load_study(study_name="by hand", storage=storage)
    taken = waiting.ask()
    assert taken.number == 11, taken.number
    waiting.tell(taken, 4.5)
    cli("create-study", "--study-name", "danach, von der Zeile")
    optuna.delete_study(study_name="emoji 🦖", storage=storage)
    try:
        optuna.create_study(storage=storage, study_name="plain")
        sys.exit("a name was taken twice")
    except optuna.exceptions.DuplicatedStudyError:
        pass
    with dashboard() as client:
        made = client.send("POST", "/api/studies", {"study_name": "danach, vom Brett", "directions": ["minimize"]})
        dashboards = made["study_summary"]["study_id"]
        client.send("PUT", f"/api/studies/{dashboards}/note", {"version": 1, "body": "ü"})
        assert client.get(f"/api/studies/{dashboards}").json["note"]["body"] == "ü"
    found = {name: [trial._trial_id for trial in trials(storage, name)] for name in ("größe", "danach ü")}
    fresh = sorted(set(found["größe"] + found["danach ü"]) - before)
    assert len(fresh) == 20 and min(fresh) > max(before), (fresh, max(before))
    assert all(trial.state.is_finished() for trial in trials(storage, "danach ü"))
    return {"studies": [new._study_id, dashboards], "trials": fresh}


def trials(storage, name):
    return optuna.load_study(study_name=name, storage=storage).trials


web.main(migrate=migrate, check=check, fill=fill, read=read, more=more)
