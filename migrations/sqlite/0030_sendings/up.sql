-- Of each thing the list of what was sent knew how many were told; how many people a whole sending told, nobody could
-- say: whoever asked for two of its insights would have counted twice. What was sent before does not know it.
ALTER TABLE sendings ADD COLUMN together INTEGER;
