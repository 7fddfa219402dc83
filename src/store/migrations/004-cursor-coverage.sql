-- A cursor says up to when the stream has been read: at the end of a journal that is later than its last event.

ALTER TABLE cursors {{on_cluster}} ADD COLUMN IF NOT EXISTS covered_until Nullable(DateTime64(3, 'UTC'));
