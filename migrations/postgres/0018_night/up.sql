-- How many insights had ratings enough at a time: counted in the index.
CREATE INDEX insight_values_enough ON insight_values (enough_since, contributed_at) WHERE enough_since IS NOT NULL;
