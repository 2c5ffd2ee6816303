-- Credits: double entry in whole credits. Transactions and entries are never changed; what was wrong is
-- put right by another transaction.

-- What moved credits and why. The key makes the same event take effect once.
CREATE TABLE ledger_transactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL CHECK (reason IN ('welcome', 'earned', 'first_ratings', 'bounty', 'co_funding',
        'award', 'auto_award', 'refund', 'reversal', 'correction')),
    request_id BIGINT,                        -- of a bounty and of what became of it
    day DATE,                                 -- the Monday of the week that was earned; the day of the ratings
    reverses BIGINT REFERENCES ledger_transactions (id),
    at TIMESTAMP NOT NULL
);
CREATE TRIGGER ledger_transactions_no_update BEFORE UPDATE ON ledger_transactions BEGIN SELECT RAISE(ABORT, 'ledger_transactions is append-only'); END;
CREATE TRIGGER ledger_transactions_no_delete BEFORE DELETE ON ledger_transactions BEGIN SELECT RAISE(ABORT, 'ledger_transactions is append-only'); END;

-- Who can hold credits. The balance is the sum of the account's entries, kept so that it can be locked
-- and read at once; a job compares the two. Only the issuance may be below zero: all that was ever issued.
CREATE TABLE ledger_accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('issuance', 'escrow', 'person')),
    owner_id BIGINT NOT NULL,                 -- of the person or the request; 0 for the issuance
    balance BIGINT NOT NULL,
    UNIQUE (kind, owner_id),
    CHECK (kind = 'issuance' OR balance >= 0)
);
INSERT INTO ledger_accounts (kind, owner_id, balance) VALUES ('issuance', 0, 0);

-- The entries of a transaction sum to 0. Written while the account is locked, so an account's entries in
-- the order of their ids are its history.
CREATE TABLE ledger_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id BIGINT NOT NULL REFERENCES ledger_transactions (id),
    account_id BIGINT NOT NULL REFERENCES ledger_accounts (id),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    balance BIGINT NOT NULL                   -- of the account after this entry
);
CREATE INDEX ledger_entries_account ON ledger_entries (account_id, id);
CREATE INDEX ledger_entries_transaction ON ledger_entries (transaction_id);
CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;
CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;

-- What an insight's readers of a week were worth: decided once, also where it was nothing. The figures are
-- those of that moment.
CREATE TABLE earnings (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    week DATE NOT NULL,                       -- its Monday
    settled_at TIMESTAMP NOT NULL,
    raters INTEGER NOT NULL,                  -- counted raters, and from how many departments
    departments INTEGER NOT NULL,
    lower_hundredths INTEGER NOT NULL,        -- lower bound of the value, hundredths of a star
    quality_bp INTEGER NOT NULL,              -- what that is worth, 0 to 10000
    readers INTEGER NOT NULL,                 -- first readers of the week
    noted_uses INTEGER NOT NULL,              -- uses with a note by other departments that count from this week on
    weighted_readers INTEGER NOT NULL,        -- U of the formula
    credits BIGINT NOT NULL,                  -- before the weekly cap of an author
    PRIMARY KEY (insight_id, week)
);
CREATE INDEX earnings_week ON earnings (week);

-- Each author's part of it; paid is what the weekly cap left.
CREATE TABLE earning_shares (
    insight_id BIGINT NOT NULL,
    week DATE NOT NULL,
    person_id BIGINT NOT NULL REFERENCES people (id),
    earned BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    PRIMARY KEY (person_id, week, insight_id),
    FOREIGN KEY (insight_id, week) REFERENCES earnings (insight_id, week)
);

-- Uses with a note that have counted as readers: once per person and insight, whatever becomes of them.
CREATE TABLE earning_uses (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    week DATE NOT NULL,
    PRIMARY KEY (insight_id, person_id)
);

-- First ratings that have been looked at for the rater's credit: once per person and insight, so that
-- taking a rating back and giving it again earns nothing. Holds no stars.
CREATE TABLE earning_ratings (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    day DATE NOT NULL,                        -- on which it was given
    week DATE NOT NULL,                       -- the Monday of that day's week
    paid BOOLEAN NOT NULL,                    -- FALSE: beyond the week's most
    PRIMARY KEY (person_id, insight_id)
);
CREATE INDEX earning_ratings_week ON earning_ratings (person_id, week);
