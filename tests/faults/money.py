"""Money under faults: clients that keep a history of what they asked for and what they were told, and the
checker that holds the ledger to it."""

import collections
import random
import threading
import time
import uuid

from world import run

# So that credits last as long as the clients do.
SETTINGS = {"BOUNTY_MAX": "100000", "REQUEST_OPEN_MAX": "1000", "AWARD_ANSWERS": "5"}

Act = collections.namedtuple("Act", "op key args start end result")


class History:
    """Everything that clients did with credits: operation, key, arguments, start, end, result."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acts = []
        self.errors = []

    def did(self, op, key, args, send):
        start = time.monotonic()
        outcome = send()
        with self.lock:
            self.acts.append(Act(op, key, args, start, time.monotonic(), outcome.kind))
            if outcome.status == 500:
                self.errors.append(f"{op}{args}: {outcome.body[:300]}")
        return outcome

    def of(self, op):
        return [act for act in self.acts if act.op == op]

    def __str__(self):
        kinds = collections.Counter(act.result for act in self.acts)
        ops = collections.Counter(act.op for act in self.acts if act.result == "acked")
        told = ", ".join(f"{kinds[kind]} {kind}" for kind in ("acked", "refused", "unknown"))
        return told + " (" + ", ".join(f"{count} {op}" for op, count in sorted(ops.items())) + ")"


def grant(database, people, credits):
    """Gives people 1 to `people` their credits, as a first sign-in would, with another amount."""
    lines = []
    for person in range(1, people + 1):
        key = f"grant:welcome:{person}"
        lines.append("INSERT INTO ledger_transactions (key, reason, at) "
                     f"VALUES ('{key}', 'welcome', '2026-01-01 00:00:00');")
        lines.append(f"INSERT INTO ledger_accounts (kind, owner_id, balance) VALUES ('person', {person}, {credits});")
        for account, amount, balance in (("kind = 'issuance'", -credits, -credits * person),
                                         (f"kind = 'person' AND owner_id = {person}", credits, credits)):
            lines.append("INSERT INTO ledger_entries (transaction_id, account_id, amount, balance) "
                         f"SELECT t.id, a.id, {amount}, {balance} FROM ledger_transactions t, ledger_accounts a "
                         f"WHERE t.key = '{key}' AND a.{account};")
    lines.append(f"UPDATE ledger_accounts SET balance = {-credits * people} WHERE kind = 'issuance';")
    database.write("\n".join(lines))


def ask(client, history, bounty, key=None):
    """Asks for something and offers credits; returns the outcome and the request's id, where there is one."""
    key = key or uuid.uuid4().hex
    question = f"what{key} do customers say?"
    fields = {"key": key, "question": question, "bounty": str(bounty), "seen": question}
    outcome = history.did("ask", key, (client.person, bounty), lambda: client.send("POST", "/requests", fields))
    if outcome.kind == "acked" and outcome.location.startswith("/requests/"):
        return outcome, int(outcome.location.rsplit("/", 1)[1])
    # 200 is the page again, with something to say first: nothing was asked.
    assert outcome.kind != "acked", f"a question was neither asked nor refused: {outcome}"
    return outcome, None


def fund(client, history, request, credits, key=None):
    key = key or uuid.uuid4().hex
    fields = {"key": key, "credits": str(credits)}
    return history.did("fund", key, (client.person, request, credits),
                       lambda: client.send("POST", f"/requests/{request}/funding", fields))


def answer(client, history, request, insight):
    fields = {"key": uuid.uuid4().hex, "insight": str(insight), "do": "link"}
    return history.did("answer", "", (client.person, request, insight),
                       lambda: client.send("POST", f"/requests/{request}/answers", fields))


def award(client, history, request, insight):
    fields = {"answer": str(insight), "share": "1"}
    return history.did("award", "", (client.person, request),
                       lambda: client.send("POST", f"/requests/{request}/award", fields))


def cancel(client, history, request):
    return history.did("cancel", "", (client.person, request),
                       lambda: client.send("POST", f"/requests/{request}/cancellation", {}))


def trade(clients, history, insights, stop):
    """Threads that ask, put credits in, answer, award and cancel until `stop` is set. The author of all
    answers is person 1, who neither asks nor pays."""
    known = []  # requests anybody has heard of

    def work(client):
        dice = random.Random(client.person * 104_729 + int(time.monotonic() * 1000))
        own = []  # open requests of this client: (id, insight that answers it or None)
        while not stop.is_set():
            turn = dice.random()
            outcome = None
            if turn < 0.3 or not known:
                outcome, request = ask(client, history, dice.randint(5, 9))
                if request:
                    own.append((request, None))
                    known.append(request)
            elif turn < 0.6:
                outcome = fund(client, history, dice.choice(known), dice.randint(1, 3))
            elif own:
                request, insight = own.pop(dice.randrange(len(own)))
                if insight is None and turn < 0.68:
                    outcome = cancel(client, history, request)
                elif insight is None:
                    insight = dice.randint(1, insights)
                    outcome = answer(client, history, request, insight)
                    own.append((request, insight if outcome.kind == "acked" else None))
                else:
                    outcome = award(client, history, request, insight)
                    if outcome.kind == "unknown":
                        own.append((request, insight))
            if outcome is not None and outcome.status == 0:
                time.sleep(0.02)

    threads = [threading.Thread(target=work, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    return threads


def check(database, history):
    """Every promise of the history against the ledger, and the ledger against itself."""
    assert not history.errors, f"500: {history.errors[0]}"
    entries = [(int(i), int(t), kind, int(owner), int(amount), int(balance)) for i, t, kind, owner, amount, balance in
               database.rows("SELECT e.id, e.transaction_id, a.kind, a.owner_id, e.amount, e.balance "
                             "FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id ORDER BY e.id")]
    heads = database.rows("SELECT id, key, reason, COALESCE(request_id, 0) FROM ledger_transactions ORDER BY id")
    # The order, the sums, and every prefix.
    held, sums, last = collections.Counter(), collections.Counter(), 0
    for number, transaction, kind, owner, amount, balance in entries:
        assert number > last, f"entry {number} comes after {last}"
        last = number
        held[kind, owner] += amount
        sums[transaction] += amount
        assert held[kind, owner] == balance, f"entry {number} says {balance}, its account holds {held[kind, owner]}"
        assert kind == "issuance" or balance >= 0, f"{kind} {owner} stood at {balance}"
    odd = [int(head[0]) for head in heads if sums.get(int(head[0])) != 0]
    assert not odd, f"transactions {odd[:5]} do not sum to zero"
    assert sum(held.values()) == 0, f"all accounts together hold {sum(held.values())}"
    kept = {(kind, int(owner)): int(balance) for kind, owner, balance in
            database.rows("SELECT kind, owner_id, balance FROM ledger_accounts")}
    assert kept == {account: held[account] for account in kept}, "a kept balance is not the sum of its entries"
    keys = [head[1] for head in heads]
    assert len(keys) == len(set(keys)), "a key was posted twice"

    # Questions: every acked one there once, refused ones not, unknown ones once or not.
    asked = {question[4:36]: (int(request), state) for request, question, state in
             database.rows("SELECT id, question, state FROM requests")}
    bounties = {int(head[3]): int(head[0]) for head in heads if head[1] == f"bounty:{head[3]}"}
    paid = collections.Counter()
    for transaction, kind, owner, amount in ((e[1], e[2], e[3], e[4]) for e in entries):
        if kind == "person" and amount < 0:
            paid[transaction, owner] -= amount
    told = {}
    for act in history.of("ask"):
        told.setdefault(act.key, []).append(act)
    for key, acts in told.items():
        there = asked.get(key)
        results = {act.result for act in acts}
        person, bounty = acts[0].args
        if "acked" in results:
            assert there, f"a question of {person} was acknowledged and is lost"
        if results == {"refused"}:
            assert not there, f"a question of {person} was refused and is there"
        if there:
            assert paid[bounties.get(there[0]), person] == bounty, f"request {there[0]} was not paid for as asked"
    assert set(asked) <= set(told), "a question is there that nobody asked"

    # What was put in besides: by person, request and amount, as often as acked, at most as often as not refused.
    least, most = collections.Counter(), collections.Counter()
    by_key = {}
    for act in history.of("fund"):
        by_key.setdefault(act.key, []).append(act)
    for acts in by_key.values():
        results = {act.result for act in acts}
        least[acts[0].args] += "acked" in results
        most[acts[0].args] += results != {"refused"}
    there = collections.Counter()
    for transaction, key, _, request in heads:
        if key.startswith(f"bounty:{request}:more:"):
            for (number, person), amount in paid.items():
                if number == int(transaction):
                    there[person, int(request), amount] += 1
    for args in set(there) | set(least):
        assert least[args] <= there[args] <= most[args], \
            f"{args} was paid {there[args]} times, {least[args]} acknowledged, {most[args]} possible"

    # Ends: what was acked happened once; what only was refused did not; an ended request holds nothing.
    ends = collections.Counter((head[2], int(head[3])) for head in heads)
    states = {request: state for request, state in asked.values()}
    for op, reason, state in (("award", "award", "awarded"), ("cancel", "refund", "cancelled")):
        results = {}
        for act in history.of(op):
            results.setdefault(act.args[1], set()).add(act.result)
        for request, seen in results.items():
            assert ends[reason, request] <= 1, f"request {request}: {op} took effect {ends[reason, request]} times"
            if "acked" in seen:
                assert ends[reason, request] == 1 and states[request] == state, f"{op} of {request} is lost"
            if seen == {"refused"}:
                assert states[request] != state, f"{op} of {request} was refused and took effect"
    for request, state in states.items():
        escrow = held["escrow", request]
        assert (escrow > 0) == (state == "open"), f"request {request} is {state} and holds {escrow}"
    database.check()
    code, said = run(database, "credits")
    assert code == 0, f"tradewind credits found something: {said[:400]}"
    return len(heads)
