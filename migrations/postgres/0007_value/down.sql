DROP TABLE value_accounts;
DROP TABLE rating_standings;
DROP TABLE value_state;
DROP TABLE value_queue;
DROP TABLE value_changes;
DROP TABLE value_cells;
ALTER TABLE insight_values DROP COLUMN enough_since;
ALTER TABLE insight_values DROP COLUMN lower_hundredths;
ALTER TABLE value_epochs DROP COLUMN policy;
