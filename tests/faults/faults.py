"""The faults themselves: each takes a database of its own and the number of rounds, and returns a sentence
of what it saw. An AssertionError says what was not kept."""

import random
import subprocess
import threading
import time
import uuid

import money
import reports
from world import Journal, Node, compare, free_port, load, seed, settle

INSIGHTS = 30


def kill_under_load(database, rounds):
    """D-01: kill -9 while four clients write; everything acknowledged is there after the restart."""
    clients = seed(database, people=5, insights=INSIGHTS)
    journal = Journal()
    restarts = []
    port = free_port()
    for _ in range(rounds):
        with Node(database, port=port) as node:
            for client in clients:
                client.port = port
            restarts.append(node.wait_until_ready(60))
            stop = threading.Event()
            threads = load(clients[1:], journal, INSIGHTS, stop)
            time.sleep(random.uniform(0.3, 1.5))
            node.kill()
            settle(stop, threads)
    with Node(database, port=port) as node:
        restarts.append(node.wait_until_ready(60))
        compare(database, journal)
        # Whoever does not know sends the same form again, and has it once.
        again = 0
        for mark, (key, text, person, kind) in list(journal.shares.items()):
            if kind == "unknown" and len(text) < 1000:
                outcome = clients[person - 1].share(text, key)
                assert outcome.kind == "acked", f"a repeated form was not taken: {outcome}"
                journal.shares[mark] = (key, text, person, "acked")
                again += 1
        compare(database, journal)
        assert node.terminate() == 0, node.said()
    slowest = max(restarts)
    assert slowest < 2, f"a restart took {slowest:.2f} s"
    assert journal.counts["acked"] > 5 * rounds, f"too little happened to prove anything: {journal}"
    return f"{rounds} kills, {journal}, {again} sent again, slowest restart {slowest:.2f} s"


def two_processes(database, _):
    """D-06: two nodes write to one database, eight clients each; nobody sees an error."""
    clients = seed(database, people=17, insights=INSIGHTS)
    journal = Journal()
    with Node(database) as one, Node(database) as two:
        for index, client in enumerate(clients):
            client.port = (one, two)[index % 2].port
        stop = threading.Event()
        threads = load(clients[1:], journal, INSIGHTS, stop)
        time.sleep(4)
        settle(stop, threads)
        assert journal.counts["unknown"] == 0, f"errors under contention: {journal}"
        compare(database, journal)
        assert one.terminate() == 0 and two.terminate() == 0
    return str(journal)


def fifty_at_once(database, _):
    """D-07: fifty identical requests on two nodes at once have exactly one effect."""
    clients = seed(database, people=3, insights=1)
    with Node(database) as one, Node(database) as two:

        def at_once(send):
            outcomes = [None] * 50
            barrier = threading.Barrier(50)

            def work(index):
                client = type(clients[1])(2, clients[1].token, (one, two)[index % 2].port)
                barrier.wait()
                outcomes[index] = send(client)
                client.close()

            threads = [threading.Thread(target=work, args=(index,)) for index in range(50)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return outcomes

        opened = at_once(lambda client: client.open(1))
        assert all(outcome.status == 200 for outcome in opened), [o for o in opened if o.status != 200][:3]
        counted = database.rows("SELECT COUNT(*) FROM accesses WHERE person_id = 2 AND insight_id = 1")
        assert counted == [("1",)], f"fifty openings at once were counted {counted[0][0]} times"
        rated = at_once(lambda client: client.rate(1, 4))
        assert all(outcome.status == 303 for outcome in rated), [o for o in rated if o.status != 303][:3]
        assert database.rows("SELECT person_id, value FROM ratings WHERE insight_id = 1") == [("2", "4")]
        key = uuid.uuid4().hex
        shared = at_once(lambda client: client.share("Said once, sent fifty times. By an impatient hand.", key))
        places = {(outcome.status, outcome.location) for outcome in shared}
        assert len(places) == 1 and shared[0].status == 303, f"the same form had different answers: {places}"
        rows = database.rows("SELECT COUNT(*) FROM insights WHERE title LIKE 'Said once%'")
        assert rows == [("1",)], f"one form made {rows[0][0]} insights"
    return "50 openings, ratings and forms: one access, one rating, one insight"


def spent_at_once(database, _):
    """D-08: fifty payments at once on two nodes spend what is there and no more; fifty awards pay once."""
    clients = seed(database, people=4, insights=1)
    money.grant(database, people=4, credits=20)
    history = money.History()
    with Node(database, **money.SETTINGS) as one, Node(database, **money.SETTINGS) as two:
        for client in clients:
            client.port = one.port

        def at_once(person, send):
            outcomes = [None] * 50
            barrier = threading.Barrier(50)

            def work(index):
                client = type(clients[0])(person, clients[person - 1].token, (one, two)[index % 2].port)
                barrier.wait()
                outcomes[index] = send(client)
                client.close()

            threads = [threading.Thread(target=work, args=(index,)) for index in range(50)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return outcomes

        _, request = money.ask(clients[2], history, 5)
        spent = at_once(2, lambda client: money.fund(client, history, request, 1))
        kinds = [outcome.kind for outcome in spent]
        odd = [outcome for outcome in spent if outcome.kind == "unknown"]
        assert not odd, f"errors under contention: {odd[:2]}"
        assert kinds.count("acked") == 20, f"20 credits were spent {kinds.count('acked')} times"
        key = uuid.uuid4().hex
        same = at_once(4, lambda client: money.fund(client, history, request, 3, key))
        assert {outcome.status for outcome in same} == {303}, {outcome.status for outcome in same}
        key = uuid.uuid4().hex
        asked = at_once(4, lambda client: money.ask(client, history, 6, key)[0])
        assert len({outcome.location for outcome in asked}) == 1, "one form asked more than once"
        assert money.answer(clients[1], history, request, 1).kind == "acked"
        awards = at_once(3, lambda client: money.award(client, history, request, 1))
        odd = [outcome for outcome in awards if outcome.kind == "unknown"]
        assert not odd, f"errors under contention: {odd[:2]}"
        transactions = money.check(database, history)
        balances = {int(owner): int(balance) for owner, balance in
                    database.rows("SELECT owner_id, balance FROM ledger_accounts WHERE kind = 'person'")}
        # 5 of the question, 20 and 3 put in: all to the author of the answer.
        assert balances == {1: 48, 2: 0, 3: 15, 4: 11}, balances
        assert one.terminate() == 0 and two.terminate() == 0
    return f"{history}, {transactions} transactions, sum 0, nobody below 0"


def killed_with_money(database, rounds):
    """MONEY: kill -9 while six clients trade on two nodes; the ledger holds what they were told."""
    people = 7
    clients = seed(database, people=people, insights=INSIGHTS)
    money.grant(database, people=people, credits=200)
    history = money.History()
    ports = [free_port(), free_port()]
    for client in clients:
        client.port = ports[client.person % 2]
    for _ in range(rounds):
        nodes = [Node(database, port=port, wait=False, **money.SETTINGS) for port in ports]
        try:
            for node in nodes:
                node.wait_until_ready(60)
            stop = threading.Event()
            threads = money.trade(clients[1:], history, INSIGHTS, stop)
            time.sleep(random.uniform(0.5, 1.5))
            # One dies first, so that the other works on beside what it left behind.
            for node in random.sample(nodes, 2):
                node.kill()
                time.sleep(random.uniform(0, 0.3))
            settle(stop, threads)
        finally:
            for node in nodes:
                node.kill()
    with Node(database, port=ports[0], **money.SETTINGS) as node:
        money.check(database, history)
        # Whoever does not know sends the same form again, and has it once.
        again = 0
        for act in [act for act in history.acts if act.result == "unknown" and act.op in ("ask", "fund")]:
            client = clients[act.args[0] - 1]
            client.port = node.port
            if act.op == "ask":
                money.ask(client, history, act.args[1], act.key)
            else:
                money.fund(client, history, act.args[1], act.args[2], act.key)
            again += 1
        transactions = money.check(database, history)
        assert node.terminate() == 0, node.said()
    acked = sum(act.result == "acked" for act in history.acts)
    assert acked > 5 * rounds, f"too little happened to prove anything: {history}"
    return f"{rounds} kills of two nodes, {history}, {again} sent again, {transactions} transactions"


def database_stops(database, _):
    """D-11: PostgreSQL stops for three seconds under load and comes back; then a node starts before it."""
    clients = seed(database, people=5, insights=INSIGHTS)
    journal = Journal()
    with Node(database) as node:
        for client in clients:
            client.port = node.port
        stop = threading.Event()
        threads = load(clients[1:], journal, INSIGHTS, stop)
        time.sleep(1)
        database.stop()
        time.sleep(0.7)
        slowest = 0
        ended = time.monotonic() + 2
        while time.monotonic() < ended:
            outcome = clients[0].send("GET", "/")
            assert outcome.status == 503, f"expected 503 without a database, got {outcome}"
            slowest = max(slowest, outcome.seconds)
            assert node.status("/health", timeout=1) == 200, "/health went down with the database"
            assert node.status("/ready") == 503, "/ready stayed green without a database"
        database.start()
        back = time.monotonic()
        while clients[0].send("GET", "/").status != 200:
            assert time.monotonic() - back < 5, "no recovery within five seconds"
            time.sleep(0.05)
        back = time.monotonic() - back
        time.sleep(1)
        settle(stop, threads)
        compare(database, journal)
        assert node.terminate() == 0, node.said()
    assert slowest < 2, f"a visitor waited {slowest:.1f} s to be told to come back"
    database.stop()
    with Node(database, wait=False) as early:
        time.sleep(2)
        assert early.process.poll() is None, f"a node that starts before its database gave up: {early.said()}"
        database.start()
        early.wait_until_ready(30)
    return f"{journal}; 503 within {slowest:.2f} s, back after {back:.2f} s; a node that was early waited"


def no_connection_left(database, _):
    """D-15: every connection is held; the next request is told to come back, soon."""
    clients = seed(database, people=2, insights=1)
    with Node(database, POOL="2", REQUEST_DEADLINE_SECONDS="10") as node:
        for client in clients:
            client.port = node.port
        assert clients[1].send("GET", "/").status == 200
        holder = subprocess.Popen(database.psql("-c", "BEGIN; LOCK TABLE insights IN ACCESS EXCLUSIVE MODE; "
                                                      "SELECT pg_sleep(3); COMMIT"), stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        held = []
        waiting = [threading.Thread(target=lambda: held.append(
            type(clients[0])(1, clients[0].token, node.port).send("GET", "/").status)) for _ in range(2)]
        for thread in waiting:
            thread.start()
        time.sleep(0.3)
        outcome = clients[1].send("GET", "/")
        health = node.status("/health", timeout=1)
        for thread in waiting:
            thread.join()
        holder.wait()
        assert outcome.status == 503, f"expected 503 with no connection left, got {outcome}"
        assert outcome.seconds < 1, f"told to come back only after {outcome.seconds:.2f} s"
        assert "<h1" in outcome.body, "not a page for people"
        assert health == 200, "/health needs no connection"
        assert held == [200, 200], f"those who had a connection were not served: {held}"
        assert clients[1].send("GET", "/").status == 200
    return f"503 after {outcome.seconds:.2f} s, served again afterwards"


def terminated_under_load(database, _):
    """D-17: SIGTERM under load; what was begun is finished, the node ends by itself with 0."""
    clients = seed(database, people=5, insights=INSIGHTS)
    journal = Journal()
    with Node(database) as node:
        for client in clients:
            client.port = node.port
        stop = threading.Event()
        threads = load(clients[1:], journal, INSIGHTS, stop)
        time.sleep(1)
        begun = time.monotonic()
        code = node.terminate()
        took = time.monotonic() - begun
        settle(stop, threads)
        assert code == 0, f"exit {code}: {node.said()}"
        assert took < 30, f"it took {took:.1f} s to stop"
    compare(database, journal)
    return f"{journal}, stopped after {took:.2f} s"


BOTH = ("sqlite", "postgres")

ALL = [
    ("D-01", BOTH, kill_under_load),
    ("D-06", BOTH, two_processes),
    ("D-07", BOTH, fifty_at_once),
    ("D-08", BOTH, spent_at_once),
    ("MONEY", BOTH, killed_with_money),
    ("REPORT", BOTH, reports.killed_while_reporting),
    ("D-11", ("postgres",), database_stops),
    ("D-15", ("postgres",), no_connection_left),
    ("D-17", BOTH, terminated_under_load),
]
