-- What the branch feature-x has changed since it left main: a dozen and a half differences of schema,
-- then a few of data.

CREATE TABLE incident_watchers (
    incident_id bigint NOT NULL REFERENCES incidents ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (incident_id, user_id)
);
CREATE INDEX incident_watchers_user_idx ON incident_watchers (user_id);

ALTER TYPE incident_status ADD VALUE 'escalated' AFTER 'investigating';

ALTER TABLE incidents ADD COLUMN risk_score numeric(5, 2) CHECK (risk_score BETWEEN 0 AND 100);
ALTER TABLE incidents ALTER severity SET DEFAULT 'low';
DROP INDEX incidents_day_idx;
CREATE INDEX incidents_risk_idx ON incidents (risk_score DESC NULLS LAST) WHERE risk_score > 50;
COMMENT ON TABLE incidents IS 'Accidents, near misses and hazards, as reported, with their risk';

ALTER TABLE users DROP COLUMN phone;
ALTER TABLE corrective_actions ALTER cost TYPE numeric(14, 2);
ALTER TABLE notifications ALTER sent_at DROP NOT NULL;
ALTER TABLE participants ADD COLUMN consent boolean NOT NULL DEFAULT false;

ALTER TABLE equipment DROP CONSTRAINT equipment_kind_check;
ALTER TABLE equipment ADD CONSTRAINT equipment_kind_check
    CHECK (kind IN ('crane', 'forklift', 'press', 'pump', 'vehicle', 'drone'));

DROP VIEW open_incidents;
CREATE VIEW open_incidents WITH (security_barrier) AS
SELECT i.company_id, i.id, i.reference, i.title, i.severity, i.risk_score, i.status, s.name AS site, u.full_name AS assignee,
       i.occurred_at
FROM incidents i
JOIN sites s ON s.company_id = i.company_id AND s.id = i.site_id
LEFT JOIN users u ON u.id = i.assignee_id
WHERE i.status NOT IN ('closed', 'rejected');
COMMENT ON VIEW open_incidents IS 'What still needs somebody';
GRANT SELECT ON open_incidents TO PUBLIC;

CREATE OR REPLACE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;

ALTER POLICY participants_readable ON participants
    USING (consent OR EXISTS (SELECT FROM incidents i WHERE i.id = incident_id));

CREATE TRIGGER sites_watch BEFORE UPDATE ON sites FOR EACH ROW WHEN (OLD.manager_id IS DISTINCT FROM NEW.manager_id)
    EXECUTE FUNCTION suppress_redundant_updates_trigger();

-- Rows: some changed, some gone, some new

UPDATE equipment SET retired = NOT retired WHERE id % 60 = 7;
UPDATE tags SET colour = '#c0ffee' WHERE company_id = 1 AND name IN ('urgent', 'repeat');
DELETE FROM notifications WHERE id % 500 = 123;
INSERT INTO incident_watchers SELECT id, assignee_id, occurred_at FROM incidents WHERE severity = 'critical' AND assignee_id IS NOT NULL;
INSERT INTO regulations VALUES ('R-021', 'Drones', '[2026-01-01,)', NULL);
