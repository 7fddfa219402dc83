-- A dead letter says what became of it. One that was discarded stays so when the same input comes again: its row lies
-- in the future, so that none that comes later counts.

ALTER TABLE {{table dead_letters}} {{on_cluster}}
    ADD COLUMN IF NOT EXISTS settled_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it was redriven or discarded';
-- distributed: alter dead_letters

ALTER TABLE {{table dead_letters}} {{on_cluster}}
    COMMENT COLUMN discarded '0 it waits, 1 it was redriven, 2 it was discarded';
