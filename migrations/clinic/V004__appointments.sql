-- The diary: nobody and no room is booked twice, and a status changes only along its path.

-- BEFORE INSERT OR UPDATE OF status. Arguments: the SQLSTATE of a refusal, then the allowed steps, 'from>to'; '>to' is where
-- a row may begin. A step leaves its mark in <status>_at and <status>_by, where the table has them.
CREATE FUNCTION app.follow_path() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    came_from text := CASE TG_OP WHEN 'UPDATE' THEN OLD.status ELSE '' END;
BEGIN
    IF NEW.status = came_from THEN
        RETURN NEW;
    END IF;
    IF came_from || '>' || NEW.status <> ALL (TG_ARGV[1:]) THEN
        RAISE EXCEPTION 'no step from % to % for %', CASE came_from WHEN '' THEN 'nothing' ELSE came_from END, NEW.status, TG_TABLE_NAME
            USING ERRCODE = TG_ARGV[0], TABLE = TG_TABLE_NAME, COLUMN = 'status';
    END IF;
    RETURN jsonb_populate_record(NEW, jsonb_build_object(NEW.status || '_at', now(), NEW.status || '_by', app.user_id()));
END $$;

CREATE TABLE appointments (
    company_id          uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id                  uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id          uuid        NOT NULL,
    practitioner_id     uuid        NOT NULL,
    facility_id         uuid,
    room_id             uuid,
    service_id          uuid,
    starts_at           timestamptz NOT NULL,
    ends_at             timestamptz NOT NULL,
    status              text        NOT NULL DEFAULT 'scheduled'
                                    CHECK (status IN ('scheduled', 'confirmed', 'checked_in', 'completed', 'cancelled', 'no_show')),
    overbook            boolean     NOT NULL DEFAULT false,                       -- on purpose beside another one
    reason              text        CHECK (length(reason) <= 1000),
    notes               text        CHECK (length(notes) <= 10000),               -- administrative, not clinical
    cancellation_reason text        CHECK (length(cancellation_reason) <= 1000),
    confirmed_at        timestamptz,
    checked_in_at       timestamptz,
    completed_at        timestamptz,
    cancelled_at        timestamptz,
    reminded_at         timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    version             int         NOT NULL DEFAULT 1,
    deleted_at          timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT appointments_patient_id_fkey      FOREIGN KEY (company_id, patient_id)      REFERENCES patients,
    CONSTRAINT appointments_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners,
    CONSTRAINT appointments_facility_id_fkey     FOREIGN KEY (company_id, facility_id)     REFERENCES medical_facilities,
    CONSTRAINT appointments_room_id_fkey         FOREIGN KEY (company_id, room_id)         REFERENCES rooms,
    CONSTRAINT appointments_service_id_fkey      FOREIGN KEY (company_id, service_id)      REFERENCES products_services,
    CONSTRAINT appointments_duration_check       CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'),
    -- company_id is left out: a database holds one company, and each column makes the index slower. What is over, called off,
    -- deleted or overbooked on purpose takes no place. [) ranges: one may end when the next begins.
    CONSTRAINT appointments_practitioner_overlap EXCLUDE USING gist
        (practitioner_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (status IN ('scheduled', 'confirmed', 'checked_in') AND deleted_at IS NULL AND NOT overbook),
    CONSTRAINT appointments_patient_overlap EXCLUDE USING gist
        (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (status IN ('scheduled', 'confirmed', 'checked_in') AND deleted_at IS NULL AND NOT overbook),
    CONSTRAINT appointments_room_overlap EXCLUDE USING gist
        (room_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (status IN ('scheduled', 'confirmed', 'checked_in') AND deleted_at IS NULL AND NOT overbook)
);
-- Calendars filter starts_at and ends_at: ranges are not leakproof, and would be compared row by row. No appointment lasts
-- longer than 24 hours, so that starts_at alone bounds both.
CREATE INDEX appointments_starts_at_idx       ON appointments (company_id, starts_at, id);
CREATE INDEX appointments_practitioner_id_idx ON appointments (company_id, practitioner_id, starts_at, id);
CREATE INDEX appointments_patient_id_idx      ON appointments (company_id, patient_id, starts_at, id);
CREATE INDEX appointments_facility_id_idx     ON appointments (company_id, facility_id, starts_at, id);
CREATE INDEX appointments_room_id_idx         ON appointments (company_id, room_id, starts_at, id);
CREATE INDEX appointments_service_id_idx      ON appointments (company_id, service_id);
CREATE INDEX appointments_created_at_idx      ON appointments (company_id, created_at, id);
CREATE TRIGGER path BEFORE INSERT OR UPDATE OF status ON appointments FOR EACH ROW EXECUTE FUNCTION app.follow_path('MP020',
    '>scheduled', '>confirmed',
    'scheduled>confirmed', 'scheduled>checked_in', 'scheduled>cancelled', 'scheduled>no_show',
    'confirmed>checked_in', 'confirmed>completed', 'confirmed>cancelled', 'confirmed>no_show',
    'checked_in>completed', 'checked_in>cancelled');
SELECT app.protect('appointments', automatic => '{confirmed_at,checked_in_at,completed_at,cancelled_at,reminded_at}',
    admin => 'RWD', manager => 'RWD', practitioner => 'RWD', nurse => 'RW', secretary => 'RWD', readonly => 'R');
-- Reminders say when and with whom, not why.
GRANT SELECT (company_id, id, patient_id, practitioner_id, facility_id, starts_at, ends_at, status, reminded_at, deleted_at)
   ON appointments TO medicalpro_worker;
GRANT UPDATE (reminded_at) ON appointments TO medicalpro_worker;
-- Overbooking is for those who may also delete. A nurse may still move along one that others made.
REVOKE UPDATE (overbook) ON appointments FROM medicalpro_nurse;
CREATE POLICY no_overbooking ON appointments AS RESTRICTIVE FOR INSERT TO medicalpro_nurse WITH CHECK (NOT overbook);

-- The start of an appointment that was made cannot be moved once it is over: history stays where it was.
CREATE FUNCTION app.keep_past_appointment() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'an appointment that is % is not moved', OLD.status
        USING ERRCODE = 'MP020', TABLE = TG_TABLE_NAME, COLUMN = 'starts_at';
END $$;
CREATE TRIGGER over BEFORE UPDATE OF starts_at, ends_at, practitioner_id, room_id ON appointments FOR EACH ROW
    WHEN (OLD.status IN ('completed', 'cancelled', 'no_show')
          AND (OLD.starts_at, OLD.ends_at, OLD.practitioner_id, OLD.room_id)
              IS DISTINCT FROM (NEW.starts_at, NEW.ends_at, NEW.practitioner_id, NEW.room_id))
    EXECUTE FUNCTION app.keep_past_appointment();

-- A revocable link to one practitioner's calendar, for calendar programs. Its context is signed with the link's id as the
-- user, role medicalpro_link: the functions take nothing from the caller.
CREATE TABLE calendar_links (
    company_id      uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    practitioner_id uuid        NOT NULL,
    created_by      uuid        NOT NULL DEFAULT app.user_id(),
    revoked_at      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    version         int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT calendar_links_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners
);
CREATE INDEX calendar_links_practitioner_id_idx ON calendar_links (company_id, practitioner_id, created_at, id);
SELECT app.protect('calendar_links', fixed => '{practitioner_id}', automatic => '{created_by}',
    admin => 'RW', manager => 'RW', practitioner => 'RW', secretary => 'RW');
CREATE POLICY own ON calendar_links AS RESTRICTIVE TO medicalpro_practitioner
    USING      (practitioner_id IN (SELECT p.id FROM practitioners p WHERE p.user_id = (SELECT app.user_id())))
    WITH CHECK (practitioner_id IN (SELECT p.id FROM practitioners p WHERE p.user_id = (SELECT app.user_id())));

-- Times and states only: a calendar lies on phones and at third parties, so it names no patient and no reason.
CREATE FUNCTION app.link_calendar(starts_from timestamptz, starts_before timestamptz)
RETURNS TABLE (id uuid, starts_at timestamptz, ends_at timestamptz, status text, updated_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT a.id, a.starts_at, a.ends_at, a.status, a.updated_at
      FROM calendar_links l
      JOIN appointments a ON a.company_id = l.company_id AND a.practitioner_id = l.practitioner_id
     WHERE l.id = (SELECT app.user_id())
       AND l.revoked_at IS NULL
       AND a.deleted_at IS NULL
       AND a.starts_at >= starts_from AND a.starts_at < starts_before
     ORDER BY a.starts_at, a.id
     LIMIT 2000;
END;
-- Whether the link still stands: an empty calendar and a revoked one are not the same.
CREATE FUNCTION app.link_calendar_stands() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM calendar_links l WHERE l.id = (SELECT app.user_id()) AND l.revoked_at IS NULL);
END;
GRANT EXECUTE ON FUNCTION app.link_calendar(timestamptz, timestamptz), app.link_calendar_stands() TO medicalpro_link;
