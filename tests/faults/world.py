"""What a fault happens to: a database, nodes on it, people with sessions, and clients that keep a journal."""

import datetime
import hashlib
import http.client
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = str(ROOT / "tests" / "cluster")


def program():
    """The built program; tests/run and cargo test leave it where this looks."""
    named = os.environ.get("TRADEWIND")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    path = pathlib.Path(named) if named else target / "debug" / "tradewind"
    assert path.is_file(), f"{path} is missing; run cargo build, or name the program with TRADEWIND"
    return str(path)


def has_postgres():
    return bool(list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb"))


class Sqlite:
    """A file in a folder of its own. On disk, not in memory: what survives is the question."""

    kind = "sqlite"

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tradewind-fault-")
        self.path = os.path.join(self.folder, "node.db")
        self.url = f"sqlite:{self.path}"

    def rows(self, sql):
        connection = sqlite3.connect(self.path, timeout=10)
        try:
            return [tuple(str(cell) for cell in row) for row in connection.execute(sql)]
        finally:
            connection.close()

    def write(self, sql):
        connection = sqlite3.connect(self.path, timeout=10)
        try:
            with connection:
                connection.executescript(sql)
        finally:
            connection.close()

    def check(self):
        assert self.rows("PRAGMA integrity_check") == [("ok",)], "integrity_check found damage"
        assert self.rows("PRAGMA foreign_key_check") == [], "a row points to nothing"

    def drop(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    """A cluster of its own, because some faults stop it."""

    kind = "postgres"

    def __init__(self):
        # Not in TMPDIR: a socket's path must be short.
        self.folder = tempfile.mkdtemp(prefix="tradewind-pg.", dir="/tmp")
        try:
            self.url = self.start()
        except Exception:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def start(self):
        done = subprocess.run([CLUSTER, "start", self.folder], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.strip()

    def stop(self):
        subprocess.run([CLUSTER, "stop", self.folder], check=True)

    def psql(self, *arguments):
        return [f"{self.folder}/bin/psql", "-h", self.folder, "-U", "tradewind", "-d", "tradewind", "-X", "-q",
                "-v", "ON_ERROR_STOP=1", *arguments]

    def rows(self, sql):
        done = subprocess.run(self.psql("-At", "-F", "\x1f", "-c", sql), stdout=subprocess.PIPE, text=True, check=True)
        return [tuple(line.split("\x1f")) for line in done.stdout.splitlines()]

    def write(self, sql):
        subprocess.run(self.psql("-f", "-"), input=sql, text=True, check=True)

    def check(self):
        pass

    def replica(self):
        """A server of its own that follows this one."""
        return Replica(self)

    def drop(self):
        subprocess.run([CLUSTER, "drop", self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Replica(Postgres):
    """Follows another cluster; only read."""

    def __init__(self, main):
        self.main = main
        super().__init__()

    def start(self):
        again = os.path.exists(os.path.join(self.folder, "data"))
        arguments = ["start", self.folder] if again else ["replica", self.folder, self.main.folder]
        done = subprocess.run([CLUSTER, *arguments], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.strip()

    def has_all(self):
        """Whether it shows everything that was committed before."""
        (at,), = self.main.rows("SELECT pg_current_wal_lsn()")
        return self.rows(f"SELECT pg_last_wal_replay_lsn() >= '{at}'::pg_lsn") == [("t",)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(database, *arguments, **settings):
    """Runs a command to its end and returns (exit code, what it said)."""
    environment = {"DATABASE_URL": database.url, **settings}
    done = subprocess.run([program(), *arguments], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return done.returncode, done.stdout


class Node:
    """A running node."""

    def __init__(self, database, port=None, wait=True, **settings):
        self.database = database
        self.port = port or free_port()
        self.log = tempfile.TemporaryFile("w+")
        environment = {"DATABASE_URL": database.url, "LISTEN": f"127.0.0.1:{self.port}", "LOG": "warn", **settings}
        self.begun = time.monotonic()
        self.process = subprocess.Popen([program(), "serve"], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        if wait:
            self.wait_until_ready(60)

    def status(self, path, timeout=5):
        """The status of a GET without a session, 0 where there was no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def wait_until_ready(self, patience):
        """Waits for /ready and returns the seconds since the start of the process."""
        while self.status("/ready") != 200:
            ended = self.process.poll()
            if ended is not None or time.monotonic() - self.begun > patience:
                raise AssertionError(f"the node is not ready (exit {ended}); it said: {self.said()}")
            time.sleep(0.01)
        return time.monotonic() - self.begun

    def said(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()[-3000:]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self, patience=30):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=patience)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        self.log.close()


def seed(database, people, insights):
    """Tables, people in two departments with sessions, and insights of the first of them. Returns the
    clients of the people; the ids of the insights are 1 and up."""
    code, said = run(database, "migrate")
    assert code == 0, said
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y-%m-%d %H:%M:%S"), now.strftime("%Y-%m-%d")
    lines = []
    for department, name in ((1, "Sales"), (2, "Service")):
        lines.append("INSERT INTO departments (id, path, folded_path, opened_on) "
                     f"VALUES ({department}, '{name}', '{name.lower()}', '{day}');")
    tokens = []
    for person in range(1, people + 1):
        token = uuid.uuid4().hex
        tokens.append(token)
        digest = hashlib.sha256(token.encode()).hexdigest()
        department = 1 + person % 2
        lines.append(
            "INSERT INTO people (id, email, folded_email, name, folded_name, handle, role, department_id, manager, created_at) "
            f"VALUES ({person}, 'p{person}@example.com', 'p{person}@example.com', 'Person {person}', 'person {person}', 'p{person}', "
            f"'employee', {department}, FALSE, '{stamp}');")
        lines.append("INSERT INTO memberships (person_id, department_id, manager) "
                     f"VALUES ({person}, {department}, FALSE);")
        lines.append("INSERT INTO sessions (digest, person_id, created_at, last_seen_at, proved_at) "
                     f"VALUES ('{digest}', {person}, '{stamp}', '{stamp}', '{stamp}');")
    if database.kind == "postgres":
        for table, last in (("departments", 2), ("people", people)):
            lines.append(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {last + 1};")
    database.write("\n".join(lines))
    with Node(database) as node:
        clients = [Client(person, token, node.port) for person, token in enumerate(tokens, 1)]
        for number in range(insights):
            outcome = clients[0].share(f"Seeded insight {number}. Customers ask for it every week.")
            assert outcome.kind == "acked", outcome
        assert node.terminate() == 0, node.said()
    return clients


class Outcome:
    """What came of a request: acked (2xx, 3xx), refused (4xx, 503 before anything was done) or unknown."""

    def __init__(self, kind, status=0, location="", seconds=0.0, body=""):
        self.kind, self.status, self.location, self.seconds, self.body = kind, status, location, seconds, body

    def __repr__(self):
        return f"{self.kind} {self.status} {self.location} {self.body[:300]}"


class Client:
    """A signed-in person's browser, as far as faults need it."""

    def __init__(self, person, token, port):
        self.person, self.token, self.port = person, token, port
        self.connection = None

    def send(self, method, path, fields=None, timeout=15):
        headers = {"Cookie": f"session={self.token}"}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Sec-Fetch-Site"] = "same-origin"
        begun = time.monotonic()
        try:
            if self.connection is None or self.connection.port != self.port:
                self.close()
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except ConnectionRefusedError:
            self.close()
            return Outcome("refused", seconds=time.monotonic() - begun)
        except (OSError, http.client.HTTPException):
            self.close()
            return Outcome("unknown", seconds=time.monotonic() - begun)
        location = answer.getheader("Location") or ""
        if answer.status in (301, 302, 303, 307, 308) and location.startswith("/sign-in"):
            kind = "refused"
        elif answer.status < 400:
            kind = "acked"
        elif answer.status >= 500:
            # A commit that failed or came too late: only the key of the form can tell.
            kind = "unknown"
        else:
            kind = "refused"
        return Outcome(kind, answer.status, location, time.monotonic() - begun, text)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def share(self, text, key=None):
        return self.send("POST", "/insights", {"key": key or uuid.uuid4().hex, "text": text})

    def open(self, insight):
        return self.send("GET", f"/insights/{insight}")

    def rate(self, insight, value):
        return self.send("POST", f"/insights/{insight}/rating", {"value": str(value), "back_to": "/"})


class Journal:
    """What clients did and what they were told, kept outside the node."""

    def __init__(self):
        self.lock = threading.Lock()
        self.shares = {}    # mark in the text -> (key, text, person, kind)
        self.opens = set()  # (person, insight) acknowledged
        self.rates = {}     # (person, insight) -> values possible now: the last acked one and unknown later ones
        self.counts = {"acked": 0, "refused": 0, "unknown": 0}
        self.errors = []

    def count(self, outcome):
        self.counts[outcome.kind] += 1
        if outcome.status == 500:
            self.errors.append(outcome.body[:300])

    def shared(self, mark, key, text, person, outcome):
        with self.lock:
            self.count(outcome)
            self.shares[mark] = (key, text, person, outcome.kind)

    def opened(self, person, insight, outcome):
        with self.lock:
            self.count(outcome)
            if outcome.kind == "acked":
                self.opens.add((person, insight))

    def rated(self, person, insight, value, outcome):
        with self.lock:
            self.count(outcome)
            possible = self.rates.setdefault((person, insight), {None})
            if outcome.kind == "acked":
                possible.clear()
                possible.add(value)
            elif outcome.kind == "unknown":
                possible.add(value)

    def __str__(self):
        return ", ".join(f"{count} {kind}" for kind, count in self.counts.items())


def load(clients, journal, insights, stop):
    """Threads that share, open and rate until `stop` is set; one per client."""

    def work(client):
        dice = random.Random(client.person * 7919 + int(time.monotonic() * 1000))
        while not stop.is_set():
            turn = dice.random()
            if turn < 0.4:
                mark = f"mark{uuid.uuid4().hex}"
                key = uuid.uuid4().hex
                # One in five is refused for its length, and must leave nothing.
                text = f"{mark} was said by a customer." + (" x" * 40_000 if turn < 0.08 else "")
                outcome = client.share(text, key)
                journal.shared(mark, key, text, client.person, outcome)
            else:
                insight = dice.randint(1, insights)
                outcome = client.open(insight)
                journal.opened(client.person, insight, outcome)
                # The first of them wrote the seeded insights and may not rate them.
                if outcome.kind == "acked" and client.person != 1:
                    value = dice.randint(1, 5)
                    journal.rated(client.person, insight, value, client.rate(insight, value))
            if journal.counts["refused"] and outcome.status == 0:
                time.sleep(0.02)

    threads = [threading.Thread(target=work, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    return threads


def settle(stop, threads):
    stop.set()
    for thread in threads:
        thread.join(timeout=40)
        assert not thread.is_alive(), "a client waits for an answer that never came"


def compare(database, journal):
    """Every promise of the journal against the database."""
    assert not journal.errors, f"500: {journal.errors[0]}"
    found = {}
    for mark, in database.rows("SELECT title FROM insights WHERE title LIKE 'mark%'"):
        mark = mark.split()[0]
        found[mark] = found.get(mark, 0) + 1
    for mark, (_, _, _, kind) in journal.shares.items():
        rows = found.get(mark, 0)
        assert rows <= 1, f"{mark} was kept {rows} times"
        assert not (kind == "acked" and rows == 0), f"{mark} was acknowledged and is lost"
        assert not (kind == "refused" and rows == 1), f"{mark} was refused and is there"
    assert set(found) <= set(journal.shares), "an insight is there that nobody shared"
    accesses = {(int(person), int(insight)) for person, insight in
                database.rows("SELECT DISTINCT person_id, insight_id FROM accesses")}
    firsts = {(int(person), int(insight)) for person, insight in
              database.rows("SELECT person_id, insight_id FROM first_accesses")}
    assert accesses == firsts, "accesses and first accesses do not agree"
    # Nobody's opening of their own insight counts.
    lost = {pair for pair in journal.opens if pair[0] != 1} - accesses
    assert not lost, f"{len(lost)} acknowledged openings are lost, such as {sorted(lost)[:3]}"
    ratings = {}
    for person, insight, value in database.rows("SELECT person_id, insight_id, value FROM ratings"):
        pair = (int(person), int(insight))
        assert pair not in ratings, f"{pair} has two ratings"
        ratings[pair] = int(value)
    for pair, possible in journal.rates.items():
        assert ratings.get(pair) in possible, f"the rating of {pair} is {ratings.get(pair)}, not one of {possible}"
    keys = database.rows("SELECT person_id, key FROM submissions")
    assert len(keys) == len(set(keys)), "a key was kept twice"
    database.check()
    code, said = run(database, "flow", "--rebuild", "--unsuppressed")
    assert code == 0, f"flow --rebuild failed: {said}"
    assert "no difference" in said.lower() or "agree" in said.lower(), f"flow --rebuild found a difference: {said[:600]}"
