"""One contact asks for an invitation: what collector, logs and measures say of it."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import requests
import yaml

from foundation.trace_context import TraceContext, trace_of
from tests.accounts import people
from tests.accounts.service import BOUNCE, ROOT, wait_for
from tests.console.agent_client import AgentClient, add_person
from tests.console.person.panel import claim, press, recover
from tests.e2e.full_stack import FullStack
from tests.helpdesk.chat_client import ChatClient
from tests.insight.collector import Collector, Told, run_collector
from tests.insight.product import ask_for_invitation, run_watched_product
from tests.insight.promql import check, names_in, selectors_in
from tests.insight.reading import json_lines, measure, measures_at

CHAIN = [
    ("helpdesk", "turn"),
    ("helpdesk", "turn attempt"),
    ("helpdesk", "POST /webhooks/latchkey/turn"),
    ("rasa", "POST /webhooks/latchkey/turn"),
    ("rasa", "POST /webhook"),
    ("actions", "POST /webhook"),
    ("actions", "POST /v1/recoveries"),
    ("accounts", "POST /v1/recoveries"),
    ("accounts", "send mail"),
]
DASHBOARD = ROOT / "deploy" / "grafana" / "latchkey.json"
PROMETHEUS = ROOT / "deploy" / "prometheus"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with run_collector() as running:
        yield running


@pytest.fixture(scope="module")
def product(
    tmp_path_factory: pytest.TempPathFactory, collector: Collector
) -> Iterator[FullStack]:
    folder = tmp_path_factory.mktemp("watched")
    with run_watched_product(folder, collector) as running:
        yield running


@pytest.fixture(scope="module")
def invited(product: FullStack) -> str:
    """Somebody whose invitation was sent again, through the chat."""
    email = people.invited(product.accounts)
    ask_for_invitation(product, email)
    product.accounts.next_mail(email)
    return email


@pytest.fixture(scope="module")
def trace(collector: Collector, invited: str) -> list[Told]:
    """The spans of the turn in which the mail was asked for."""
    sent = collector.span("send mail")

    def whole() -> list[Told] | None:
        spans = [each for each in collector.spans if each.trace_id == sent.trace_id]
        return spans if any(each.name == "turn" for each in spans) else None

    return wait_for(whole, "the end of the turn")


def way_to(span: Told, spans: list[Told]) -> list[tuple[str, str]]:
    """Return the services and names from the first span of a trace to this one."""
    known = {each.span_id: each for each in spans}
    way = [span]
    while way[0].parent_id:
        way.insert(0, known[way[0].parent_id])
    return [(each.service, each.name) for each in way]


def test_one_trace_leads_from_the_message_to_the_mail(trace: list[Told]) -> None:
    sent = next(each for each in trace if each.name == "send mail")
    assert way_to(sent, trace) == CHAIN
    for each in trace:
        assert way_to(each, trace)[0] == ("helpdesk", "turn"), "no span hangs loose"
        assert not each.has_failed
        assert 0 < each.start <= each.end
    done = next(each for each in trace if each.name == "process jobs")
    assert way_to(done, trace)[:-1] == CHAIN[:-1]


def test_the_trace_is_the_turns_own_and_says_what_was_done(trace: list[Told]) -> None:
    by_name = {each.name: each for each in trace if each.service != "rasa"}
    turn = by_name["turn"]
    turn_id = str(turn.attributes["latchkey.turn.id"])
    first = trace_of(UUID(turn_id), is_sampled=True)
    assert (turn.trace_id, turn.span_id) == (first.trace_id, first.span_id)
    assert turn.attributes["latchkey.turn.end"] == "answered"
    assert by_name["turn attempt"].attributes["latchkey.turn.id"] == turn_id
    assert by_name["send mail"].attributes["latchkey.mail.letter"] == "invitation"
    served = by_name["POST /webhook"]
    assert served.attributes["latchkey.action.name"] == "action_submit_recovery"
    asked = by_name["POST /v1/recoveries"]
    assert asked.attributes["http.request.method"] == "POST"
    assert {each.service for each in trace} == {
        *("helpdesk", "rasa", "actions", "accounts")
    }


def test_no_span_names_a_person_or_what_was_said(
    trace: list[Told], collector: Collector, invited: str
) -> None:
    assert trace
    sent = b"".join(collector.bodies)
    name, _, domain = invited.partition("@")
    for word in (name, domain, "resend", "Yes, send", "on its way", "invite, it"):
        assert word.encode() not in sent


def test_the_mail_says_nothing_of_the_trace(
    product: FullStack, trace: list[Told], invited: str
) -> None:
    mail = json.dumps(product.accounts.mails(invited))
    assert trace[0].trace_id not in mail
    assert "traceparent" not in mail.lower()


def test_logs_are_objects_that_name_the_trace_and_no_person(
    product: FullStack, trace: list[Told], invited: str
) -> None:
    logs = {path.stem: json_lines(path) for path in product.log_files}
    assert set(logs) == {"helpdesk", "actions", "rasa", "accounts", "outbox"}
    mailed = [line for line in logs["accounts"] if "mail invitation" in line["message"]]
    own = [line for line in mailed if line.get("trace_id") == trace[0].trace_id]
    assert len(own) == 1
    assert own[0]["process"] == "accounts"
    assert own[0]["level"] == "INFO"
    assert "•••@" in own[0]["message"]
    said = json.dumps(logs, ensure_ascii=False)
    assert invited not in said
    assert invited.partition("@")[0] not in said


def test_the_chain_is_counted_in_every_part(product: FullStack, invited: str) -> None:
    assert invited
    site, accounts = product.site, product.accounts.base_url
    actions = product.stack.url("actions")
    assert measure(site, "latchkey_turns_total", end="answered") >= 2
    assert measure(site, "latchkey_rasa_seconds_count") >= 2
    assert measure(site, "latchkey_record_reachable") == 1
    assert measure(site, "latchkey_open_turns") == 0
    name = {"action": "action_submit_recovery"}
    assert measure(actions, "latchkey_action_seconds_count", **name) >= 1
    operation = {"operation": "POST /v1/recoveries"}
    assert measure(actions, "latchkey_backend_seconds_count", **operation) >= 1
    asked = "latchkey_accounts_request_seconds_count"
    assert measure(accounts, asked, status="202", **operation) >= 1
    assert measure(accounts, "latchkey_accounts_jobs_total", end="done") >= 1
    for state in ("queued", "accepted"):
        assert measure(accounts, "latchkey_accounts_mails_total", state=state) >= 1
    assert measure(accounts, "latchkey_accounts_waiting_mails") == 0
    for part in (site, accounts, actions):
        assert measure(part, "process_resident_memory_bytes") > 0

        def is_looked_at(part: str = part) -> bool:
            return measure(part, "latchkey_event_loop_lag_seconds_count") > 0

        wait_for(is_looked_at, "a look at the event loop")


def test_a_mail_that_is_refused_has_failed_in_its_trace(
    product: FullStack, collector: Collector
) -> None:
    place = TraceContext("c" * 32, "d" * 16, is_sampled=True)
    accounts = product.accounts
    answer = requests.post(
        f"{accounts.base_url}/v1/recoveries",
        json={"email": BOUNCE, "kind": "auto"},
        headers={
            "Authorization": f"Bearer {accounts.token}",
            "Idempotency-Key": "for-tests",
            "traceparent": place.traceparent,
        },
        timeout=10,
    )
    assert answer.status_code == 202
    sent = collector.span("send mail", error__type="bounced")
    assert sent.has_failed
    assert sent.trace_id == place.trace_id
    labels = {"state": "bounced"}
    name = "latchkey_accounts_mails_total"
    assert measure(accounts.base_url, name, **labels) >= 1


def test_measures_are_not_for_those_who_come_through_a_proxy(
    product: FullStack,
) -> None:
    for part in (product.site, product.accounts.base_url):
        from_afar = {"X-Forwarded-For": "203.0.113.9"}
        answer = requests.get(f"{part}/metrics", headers=from_afar, timeout=10)
        assert answer.status_code == 404


def expressions() -> list[str]:
    """Return every expression of the dashboard and of the alerts."""
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    targets = [t for panel in dashboard["panels"] for t in panel.get("targets", ())]
    alerts = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text("utf-8"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    return [each["expr"] for each in (*targets, *rules)]


@pytest.fixture(scope="module")
def exported(product: FullStack, invited: str) -> dict[str, set[str]]:
    """The name of every sample that a part exports, with the labels that were seen."""
    with ChatClient.of_new_contact(product.site) as chat:
        chat.ask("my password is Tr0ub4dor-and-3, what now?")
    found: dict[str, set[str]] = {"up": set()}
    for url in (product.site, product.accounts.base_url, product.stack.url("actions")):
        for name, family in measures_at(url).items():
            endings = {
                "counter": ("_total",),
                "histogram": ("_bucket", "_sum", "_count"),
            }.get(family.type, ("",))
            for ending in endings:
                found.setdefault(f"{name}{ending}", set())
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_dashboard_and_alerts_ask_only_for_what_parts_export(
    exported: dict[str, set[str]],
) -> None:
    assert len(expressions()) > 40
    for expression in expressions():
        check(expression)
        names = names_in(expression)
        assert names
        assert names <= set(exported), expression
        for name, labels in selectors_in(expression).items():
            seen = exported[name]
            # Nothing was counted yet where none is seen; the rest is Prometheus' own.
            assert not seen or labels <= seen | {"job", "instance"}, expression


def test_the_dashboard_shows_every_measure_of_ours(
    exported: dict[str, set[str]],
) -> None:
    shown = {name for each in expressions() for name in names_in(each)}
    bare = re.compile(r"_(bucket|sum|count)$")
    ours = {name for name in exported if re.match(r"latchkey_(?!.*_created$)", name)}
    assert {bare.sub("", n) for n in ours} <= {bare.sub("", n) for n in shown}


def test_prometheus_is_told_of_parts_and_rules_that_exist() -> None:
    settings = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    jobs = {job["job_name"] for job in settings["scrape_configs"]}
    assert jobs == {f"latchkey-{part}" for part in ("helpdesk", "actions", "accounts")}
    for name in settings["rule_files"]:
        rules = yaml.safe_load((PROMETHEUS / name).read_text("utf-8"))
        alerts = [rule for group in rules["groups"] for rule in group["rules"]]
        assert len({alert["alert"] for alert in alerts}) == len(alerts) > 10
        assert all(_is_whole(alert) for alert in alerts)


def _is_whole(alert: dict[str, Any]) -> bool:
    known = {"alert", "expr", "for", "labels", "annotations"}
    return (
        set(alert) <= known
        and re.fullmatch(r"\d+[smh]", alert.get("for", "1m")) is not None
        and alert["labels"]["severity"] in {"page", "ticket"}
        and alert["annotations"]["summary"].endswith((".", "?"))
    )


def test_the_dashboard_can_be_imported() -> None:
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    assert dashboard["title"] == "Latchkey"
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["type"] in {"row", "stat", "timeseries"}
        assert panel["type"] == "row" or panel["targets"]
        sources = {target["datasource"]["uid"] for target in panel.get("targets", ())}
        assert sources <= {"${datasource}"}


def test_what_an_agent_presses_is_a_trace_of_its_own(
    product: FullStack, collector: Collector
) -> None:
    email = people.invited(product.accounts)
    with ChatClient.of_new_contact(product.site) as chat:
        chat.ask(f"hello, {email} is my address")
        agent = AgentClient(product.site, add_person(product.record_url))
        assert agent.sign_in().status_code == 303
        claim(agent, chat)
        assert recover(agent, chat, press(email)).status_code == 202
    product.accounts.next_mail(email)
    first = collector.span("agent recovery")

    def mailed() -> Told | None:
        of_it = [each for each in collector.spans if each.trace_id == first.trace_id]
        return next((each for each in of_it if each.name == "send mail"), None)

    sent = wait_for(mailed, "the mail's span")
    known = [each for each in collector.spans if each.trace_id == first.trace_id]
    assert way_to(sent, known) == [
        ("helpdesk", "agent recovery"),
        ("helpdesk", "POST /v1/recoveries"),
        *CHAIN[-2:],
    ]
