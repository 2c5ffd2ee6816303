DROP TABLE earning_ratings;
DROP TABLE earning_uses;
DROP TABLE earning_shares;
DROP TABLE earnings;
DROP TABLE ledger_entries;
DROP TABLE ledger_accounts;
DROP TABLE ledger_transactions;
