"""The month's report under faults: two nodes, on PostgreSQL with a replica, one report, one mail, one run of
each job, whoever dies while making it."""

import contextlib
import datetime
import os
import signal
import time

from world import Client, Node, free_port, run, seed

INSIGHTS = 40
PEOPLE = 24
# Enough that the figures take a while: a node must be caught while it computes them.
OPENINGS = 30_000
MAIL = {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "tradewind@example.com", "MAIL_HOUR": "0"}
JOB = "monthly report"


def last_month():
    today = datetime.datetime.now(datetime.timezone.utc).date()
    last = today.replace(day=1) - datetime.timedelta(days=1)
    return today, last.replace(day=1), last


def is_mail_due(today):
    """Mail goes out from the first day of the month on that is neither Saturday nor Sunday."""
    first = today.replace(day=1)
    while first.weekday() > 4:
        first += datetime.timedelta(days=1)
    return today >= first


def a_busy_month(database):
    """Everybody opens everything again and again, the month before this one; the first of them is CCO."""
    today, first, last = last_month()
    clients = seed(database, people=PEOPLE, insights=INSIGHTS)
    lines = ["UPDATE people SET role = 'cco', password_hash = 'none' WHERE id = 1;",
             f"UPDATE insights SET day = '{first}', contributed_at = '{first} 00:00:00';"]
    rows = []
    for number in range(OPENINGS):
        person, insight = 2 + number % (PEOPLE - 1), 1 + number // (PEOPLE - 1) % INSIGHTS
        # Half an hour lies between two of the same pair.
        minute = number // ((PEOPLE - 1) * INSIGHTS) * 31 + number % 29
        at = datetime.datetime.combine(first, datetime.time(0, 1)) + datetime.timedelta(minutes=minute)
        assert at.date() <= last, "more openings than the month has room for"
        rows.append(f"({insight}, {person}, {1 + person % 2}, FALSE, 0, '{at}', '{at.date()}')")
    for start in range(0, len(rows), 500):
        lines.append("INSERT INTO accesses (insight_id, person_id, department_id, manager, segment_id, at, day) VALUES "
                     + ", ".join(rows[start:start + 500]) + ";")
    database.write("\n".join(lines))
    code, said = run(database, "flow", "--rebuild")
    assert code == 0, said
    return today, first, clients[0]


# A line for each run of a job that had nothing left to do.
COUNT_RUNS = """
CREATE TABLE job_runs (name TEXT NOT NULL);
{};
"""
TRIGGERS = {
    "sqlite": """
        CREATE TRIGGER count_runs AFTER UPDATE ON jobs
        WHEN NEW.last_run_at IS NOT OLD.last_run_at AND NEW.note NOT LIKE 'more to do:%'
        BEGIN INSERT INTO job_runs (name) VALUES (NEW.name); END""",
    "postgres": """
        CREATE FUNCTION count_run() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO job_runs (name) VALUES (NEW.name); RETURN NULL; END';
        CREATE TRIGGER count_runs AFTER UPDATE ON jobs FOR EACH ROW
        WHEN (NEW.last_run_at IS DISTINCT FROM OLD.last_run_at AND NEW.note NOT LIKE 'more to do:%')
        EXECUTE FUNCTION count_run()""",
}


def every_job_once(database, settings):
    """All jobs are due, two nodes start at the same moment: each job is run by one of them. Returns how many
    jobs there are."""
    database.write(COUNT_RUNS.format(TRIGGERS[database.kind]))
    database.write("UPDATE jobs SET due_at = '2000-01-01 00:00:00', leased_by = NULL, leased_until = NULL;")
    jobs = {name for name, in database.rows("SELECT name FROM jobs")}
    with Node(database, wait=False, **settings) as one, Node(database, wait=False, **settings) as two:
        # Between two turns of a job that has more to do nobody holds it, and a node told to stop then leaves the
        # second turn to whoever comes next.
        wait_for("a run of each job", lambda: not database.rows(
            "SELECT 1 FROM jobs WHERE due_at < '2001-01-01 00:00:00' OR leased_by IS NOT NULL "
            "OR note LIKE 'more to do:%'"))
        for node in (one, two):
            node.wait_until_ready(60)
            assert node.terminate() == 0, node.said()
    runs = {name: int(count) for name, count in
            database.rows("SELECT name, COUNT(*) FROM job_runs GROUP BY name")}
    not_once = {name: runs.get(name, 0) for name in jobs if runs.get(name, 0) != 1}
    notes = database.rows("SELECT name, note FROM jobs")
    assert not not_once, f"runs of jobs: {not_once}; notes: {[row for row in notes if row[0] in not_once]}"
    assert JOB in jobs and "report mail" in jobs, jobs
    return len(jobs)


def read_from(database, replica, settings, officer, report):
    """The report is read from the replica, and when that is gone from the database itself."""
    wait_for("the replica's turn", replica.has_all)
    with Node(database, **settings) as node:
        reader = Client(officer.person, officer.token, node.port)
        for away in (False, True):
            if away:
                replica.stop()
            answer = reader.send("GET", f"/reports/{report}")
            assert answer.status == 200, answer
            ready = reader.send("GET", "/ready").body
            assert ("replica: does not answer" in ready) == away, ready
        replica.start()
        assert node.terminate() == 0, node.said()


def due(database, *names):
    for name in names:
        database.write(f"UPDATE jobs SET due_at = '2000-01-01 00:00:00' WHERE name = '{name}';")


def count(database, table):
    return int(database.rows(f"SELECT COUNT(*) FROM {table}")[0][0])


def lease(database):
    return database.rows(f"SELECT COALESCE(leased_by, '') FROM jobs WHERE name = '{JOB}'")[0][0]


def wait_for(what, happened, seconds=60):
    begun = time.monotonic()
    while not happened():
        assert time.monotonic() - begun < seconds, f"{what} did not happen within {seconds} s"
        time.sleep(0.002)


def killed_while_reporting(database, _):
    """REPORT: kill -9 of the node that makes the month's report leaves no half of one; the other node makes it
    when the lease is over, and it is mailed once."""
    with contextlib.ExitStack() as stack:
        settings, replica = dict(MAIL), None
        if database.kind == "postgres":
            replica = stack.enter_context(database.replica())
            settings["DATABASE_REPLICA_URL"] = replica.url
        return report_once(database, settings, replica)


def report_once(database, settings, replica):
    today, first, officer = a_busy_month(database)
    due(database, JOB)
    with Node(database, wait=False, **settings) as maker:
        wait_for("the job", lambda: lease(database) != "")
        os.kill(maker.process.pid, signal.SIGSTOP)
        holder = lease(database)
        assert holder and count(database, "reports") == 0, "the report was there before its maker could be caught"
        maker.kill()
    assert (count(database, "reports"), count(database, "report_mails")) == (0, 0), "half a report was left"
    with Node(database, **settings) as other:
        # It may live still, for all the other node knows: the first look is at the start.
        time.sleep(1)
        assert lease(database) == holder and count(database, "reports") == 0
        assert other.terminate() == 0, other.said()
    # The hour of the lease goes by.
    database.write(f"UPDATE jobs SET leased_until = '2000-01-01 00:00:00' WHERE name = '{JOB}';")
    due(database, "report mail")
    ports = free_port(), free_port()
    with Node(database, port=ports[0], wait=False, **settings) as one, Node(database, port=ports[1], wait=False, **settings) as two:
        wait_for("the report", lambda: count(database, "reports") > 0 and lease(database) == "")
        for node in (one, two):
            node.wait_until_ready(60)
            assert node.terminate() == 0, node.said()
    for _ in range(2):
        due(database, JOB, "report mail")
        with Node(database, wait=False, **settings) as one, Node(database, wait=False, **settings) as two:
            wait_for("the turn of both jobs", lambda: not database.rows(
                f"SELECT 1 FROM jobs WHERE name IN ('{JOB}', 'report mail') AND due_at < '2001-01-01 00:00:00'"))
            for node in (one, two):
                node.wait_until_ready(60)
                assert node.terminate() == 0, node.said()
    months = database.rows("SELECT month FROM reports")
    assert months == [(str(first),)], f"reports of {months}"
    mails = count(database, "report_mails")
    letters = int(database.rows("SELECT COUNT(*) FROM outbox WHERE purpose = 'report'")[0][0])
    expected = 1 if is_mail_due(today) else 0
    assert (mails, letters) == (expected, expected), f"{mails} mails, {letters} letters"
    if replica:
        (report,), = database.rows("SELECT id FROM reports")
        read_from(database, replica, settings, officer, report)
    jobs = every_job_once(database, settings)
    # The baseline is a report of its own, of no month, and mailed to nobody.
    of_months = len(database.rows("SELECT 1 FROM reports WHERE month IS NOT NULL"))
    assert (of_months, count(database, "report_mails")) == (1, mails), "made or mailed again"
    database.check()
    with_replica = ", read from a replica and without it" if replica else ""
    return (f"one report, mailed {mails} times, by another node than the one that was killed{with_replica}; "
            f"one run of each of {jobs} jobs")
