-- The diary: nobody and no room is booked twice, and a status changes only along its path.

-- BEFORE INSERT OR UPDATE OF status. Arguments: the SQLSTATE of a refusal, then the allowed steps, 'from>to'; '>to' is where
-- a row may begin, and 'from>to:job,job' a step that not everybody may take who may write. A step leaves its mark in <status>_at
-- and <status>_by, where the table has them.
CREATE FUNCTION app.follow_path() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    came_from text := CASE TG_OP WHEN 'UPDATE' THEN OLD.status ELSE '' END;
    rule      text;
BEGIN
    IF NEW.status = came_from THEN
        RETURN NEW;
    END IF;
    SELECT r INTO rule FROM unnest(TG_ARGV[1:]) r WHERE split_part(r, ':', 1) = came_from || '>' || NEW.status;
    IF rule IS NULL THEN
        RAISE EXCEPTION 'no step from % to % for %', CASE came_from WHEN '' THEN 'nothing' ELSE came_from END, NEW.status, TG_TABLE_NAME
            USING ERRCODE = TG_ARGV[0], TABLE = TG_TABLE_NAME, COLUMN = 'status';
    ELSIF rule LIKE '%:%' AND substr((app.actor()).role, 12) <> ALL (string_to_array(split_part(rule, ':', 2), ',')) THEN
        RAISE EXCEPTION 'this step of % is for %', TG_TABLE_NAME, split_part(rule, ':', 2) USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN jsonb_populate_record(NEW, jsonb_build_object(NEW.status || '_at', now(), NEW.status || '_by', app.user_id()));
END $$;

-- Appointments that recur: the rule by which they were made. Each is a row of its own, moved and called off by itself.
CREATE TABLE appointment_series (
    company_id      uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id      uuid        NOT NULL,
    practitioner_id uuid        NOT NULL,
    first_on        date        NOT NULL,
    until_on        date        NOT NULL,                                         -- inclusive
    interval_weeks  smallint    NOT NULL DEFAULT 1 CHECK (interval_weeks BETWEEN 1 AND 12),
    starts          time        NOT NULL,                                         -- local, whatever daylight saving says
    minutes         smallint    NOT NULL CHECK (minutes BETWEEN 5 AND 1440),
    created_by      uuid        NOT NULL DEFAULT app.user_id(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    version         int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT appointment_series_patient_id_fkey      FOREIGN KEY (company_id, patient_id)      REFERENCES patients,
    CONSTRAINT appointment_series_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners,
    CONSTRAINT appointment_series_order_check          CHECK (first_on <= until_on AND until_on <= first_on + 731)
);
CREATE INDEX appointment_series_patient_id_idx      ON appointment_series (company_id, patient_id, created_at, id);
CREATE INDEX appointment_series_practitioner_id_idx ON appointment_series (company_id, practitioner_id);
SELECT app.protect('appointment_series', fixed => '{patient_id,first_on}', automatic => '{created_by}',
    admin => 'RW', manager => 'RW', practitioner => 'RW', nurse => 'RW', secretary => 'RW', readonly => 'R');

CREATE TABLE appointments (
    company_id          uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id                  uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id          uuid        NOT NULL,
    practitioner_id     uuid        NOT NULL,
    facility_id         uuid,
    room_id             uuid,
    service_id          uuid,
    series_id           uuid,
    occurrence_on       date,                                                     -- the day that the series gave it
    detached            boolean     NOT NULL DEFAULT false,                       -- changed by itself: the series moves it no more
    starts_at           timestamptz NOT NULL,
    ends_at             timestamptz NOT NULL,
    status              text        NOT NULL DEFAULT 'scheduled'
                                    CHECK (status IN ('scheduled', 'confirmed', 'checked_in', 'completed', 'cancelled', 'no_show')),
    overbook            boolean     NOT NULL DEFAULT false,                       -- on purpose beside another one
    reason              text        CHECK (length(reason) <= 1000),
    notes               text        CHECK (length(notes) <= 10000),               -- administrative, not clinical
    cancelled_for       text        CHECK (cancelled_for IN ('patient', 'patient_link', 'practitioner', 'clinic', 'mistake', 'other')),
    cancellation_reason text        CHECK (length(cancellation_reason) <= 1000),
    confirmed_at        timestamptz,
    checked_in_at       timestamptz,
    completed_at        timestamptz,
    cancelled_at        timestamptz,
    cancelled_by        uuid,                                                     -- of central; by link, the link
    no_show_at          timestamptz,
    reminded_at         timestamptz,
    created_by          uuid        NOT NULL DEFAULT app.user_id(),
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
    CONSTRAINT appointments_series_id_fkey       FOREIGN KEY (company_id, series_id)       REFERENCES appointment_series,
    CONSTRAINT appointments_series_check         CHECK ((series_id IS NULL) = (occurrence_on IS NULL)),
    CONSTRAINT appointments_cancelled_check      CHECK (status <> 'cancelled' OR cancelled_for IS NOT NULL),
    CONSTRAINT appointments_duration_check       CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'),
    -- company_id is left out: a database holds one company, and each column makes the index slower. What is over, called off
    -- or deleted takes no place; what is overbooked on purpose, none of practitioner and room, but nobody is patient in two places.
    -- [) ranges: one may end when the next begins.
    CONSTRAINT appointments_practitioner_overlap EXCLUDE USING gist
        (practitioner_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (status IN ('scheduled', 'confirmed', 'checked_in') AND deleted_at IS NULL AND NOT overbook),
    CONSTRAINT appointments_patient_overlap EXCLUDE USING gist
        (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (status IN ('scheduled', 'confirmed', 'checked_in') AND deleted_at IS NULL),
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
CREATE INDEX appointments_updated_at_idx      ON appointments (company_id, updated_at);                   -- what is new
CREATE INDEX appointments_series_id_idx       ON appointments (company_id, series_id, occurrence_on);
-- The archive is a small part, which would otherwise be looked for among all rows.
CREATE INDEX appointments_archived_starts_at_idx  ON appointments (company_id, starts_at, id)  WHERE deleted_at IS NOT NULL;
CREATE INDEX appointments_archived_created_at_idx ON appointments (company_id, created_at, id) WHERE deleted_at IS NOT NULL;
-- Who calls an appointment off or notes a no-show may also delete; who completes it treats, or runs the clinic.
CREATE TRIGGER path BEFORE INSERT OR UPDATE OF status ON appointments FOR EACH ROW EXECUTE FUNCTION app.follow_path('MP020',
    '>scheduled', '>confirmed',
    'scheduled>confirmed', 'scheduled>checked_in', 'confirmed>checked_in',
    'confirmed>completed:admin,manager,practitioner,nurse', 'checked_in>completed:admin,manager,practitioner,nurse',
    'scheduled>cancelled:admin,manager,practitioner,secretary,link', 'confirmed>cancelled:admin,manager,practitioner,secretary,link',
    'checked_in>cancelled:admin,manager,practitioner,secretary',
    'scheduled>no_show:admin,manager,practitioner,secretary', 'confirmed>no_show:admin,manager,practitioner,secretary');
SELECT app.protect('appointments', fixed => '{patient_id,series_id,occurrence_on}',
    automatic => '{confirmed_at,checked_in_at,completed_at,cancelled_at,cancelled_by,no_show_at,reminded_at,created_by}',
    admin => 'RWD', manager => 'RWD', practitioner => 'RWD', nurse => 'RW', secretary => 'RWD', readonly => 'R');
-- Reminders say when and with whom, not why.
GRANT SELECT (company_id, id, patient_id, practitioner_id, facility_id, starts_at, ends_at, status, reminded_at, deleted_at)
   ON appointments TO medicalpro_worker;
GRANT UPDATE (reminded_at) ON appointments TO medicalpro_worker;
-- Overbooking is for those who answer for it. The others may still move along one that was made.
REVOKE UPDATE (overbook) ON appointments FROM medicalpro_nurse, medicalpro_secretary;
CREATE POLICY no_overbooking ON appointments AS RESTRICTIVE FOR INSERT TO medicalpro_nurse, medicalpro_secretary WITH CHECK (NOT overbook);

-- Nobody has failed to come before it has begun, and nobody is seen days before.
CREATE FUNCTION app.refuse_early_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'too early to be %', NEW.status USING ERRCODE = 'MP020', TABLE = TG_TABLE_NAME, COLUMN = 'status';
END $$;
CREATE TRIGGER early BEFORE UPDATE OF status ON appointments FOR EACH ROW
    WHEN (NEW.status <> OLD.status
          AND (NEW.status = 'no_show' AND NEW.starts_at > now()
               OR NEW.status IN ('checked_in', 'completed') AND NEW.starts_at > now() + interval '1 day'))
    EXECUTE FUNCTION app.refuse_early_step();

-- What took place, or should have, is history: only what was entered by mistake is deleted.
CREATE FUNCTION app.keep_history() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'an appointment that is % is not deleted', OLD.status USING ERRCODE = 'MP020', TABLE = TG_TABLE_NAME, COLUMN = 'deleted_at';
END $$;
CREATE TRIGGER history BEFORE UPDATE OF deleted_at ON appointments FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL AND OLD.status IN ('checked_in', 'completed', 'no_show'))
    EXECUTE FUNCTION app.keep_history();

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

-- The patient confirmed a time with somebody: moved away from it, an appointment to come waits to be confirmed again. No step of the path, which
-- nobody takes by hand; the audit trail names both columns.
CREATE FUNCTION app.ask_again() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.status       := 'scheduled';
    NEW.confirmed_at := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER ask_again BEFORE UPDATE OF starts_at, practitioner_id ON appointments FOR EACH ROW
    WHEN (OLD.status = 'confirmed' AND NEW.status = 'confirmed' AND NEW.starts_at > now()
          AND (OLD.starts_at, OLD.practitioner_id) IS DISTINCT FROM (NEW.starts_at, NEW.practitioner_id))
    EXECUTE FUNCTION app.ask_again();

-- A slot that somebody is about to book, for some minutes, under a token.
CREATE TABLE slot_holds (
    company_id      uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    practitioner_id uuid        NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    token_hash      bytea       NOT NULL CHECK (octet_length(token_hash) = 32),
    user_id         uuid        NOT NULL DEFAULT app.user_id(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (company_id, id),
    CONSTRAINT slot_holds_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners,
    CONSTRAINT slot_holds_duration_check       CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'),
    CONSTRAINT slot_holds_expiry_check         CHECK (expires_at <= created_at + interval '1 hour')
);
CREATE INDEX slot_holds_practitioner_id_idx ON slot_holds (company_id, practitioner_id, starts_at);
CREATE INDEX slot_holds_expires_at_idx      ON slot_holds (company_id, expires_at);
CREATE INDEX slot_holds_user_id_idx         ON slot_holds (company_id, user_id);
SELECT app.protect('slot_holds', audited => false, automatic => '{user_id}',
    admin => 'RCX', manager => 'RCX', practitioner => 'RCX', nurse => 'RCX', secretary => 'RCX', readonly => 'R', worker => 'X');
GRANT SELECT (company_id, expires_at) ON slot_holds TO medicalpro_worker;                 -- to find the outworn ones

-- One at a time takes a practitioner's time: a hold and a booking cannot miss each other, and nobody deadlocks.
CREATE FUNCTION app.lock_calendar(practitioner uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    SELECT p.id FROM practitioners p WHERE p.company_id = app.clinic_id() AND p.id = lock_calendar.practitioner FOR NO KEY UPDATE;
END;

-- What else, beside the row `own`, takes this time: the constraint that says so, or NULL. Overbooked ones count here.
CREATE FUNCTION app.time_taken(own uuid, practitioner uuid, since timestamptz, until timestamptz) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT 'appointments_practitioner_overlap'
      FROM appointments a
     WHERE a.company_id = app.clinic_id() AND a.practitioner_id = time_taken.practitioner AND a.id <> time_taken.own
       AND a.starts_at > time_taken.since - interval '24 hours' AND a.starts_at < time_taken.until AND a.ends_at > time_taken.since
       AND a.status IN ('scheduled', 'confirmed', 'checked_in') AND a.deleted_at IS NULL
    UNION ALL
    SELECT 'slot_holds_overlap'
      FROM slot_holds h
     WHERE h.company_id = app.clinic_id() AND h.practitioner_id = time_taken.practitioner AND h.id <> time_taken.own
       AND h.starts_at > time_taken.since - interval '24 hours' AND h.starts_at < time_taken.until AND h.ends_at > time_taken.since
       AND h.expires_at > clock_timestamp()
     LIMIT 1;
END;

-- The argument, where there is one, is what it is called that an appointment takes the time.
CREATE FUNCTION app.claim_time() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    taken text;
BEGIN
    PERFORM app.lock_calendar(NEW.practitioner_id);
    taken := app.time_taken(NEW.id, NEW.practitioner_id, NEW.starts_at, NEW.ends_at);
    IF taken = 'appointments_practitioner_overlap' THEN
        taken := COALESCE(TG_ARGV[0], taken);
    END IF;
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'this time is taken' USING ERRCODE = 'exclusion_violation', CONSTRAINT = taken, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim BEFORE INSERT ON slot_holds FOR EACH ROW EXECUTE FUNCTION app.claim_time('slot_holds_appointment_overlap');
CREATE TRIGGER claim BEFORE INSERT ON appointments FOR EACH ROW
    WHEN (NEW.status IN ('scheduled', 'confirmed') AND NOT NEW.overbook) EXECUTE FUNCTION app.claim_time();
CREATE TRIGGER claim_anew BEFORE UPDATE OF starts_at, ends_at, practitioner_id, overbook, deleted_at ON appointments FOR EACH ROW
    WHEN (NEW.status IN ('scheduled', 'confirmed', 'checked_in') AND NOT NEW.overbook AND NEW.deleted_at IS NULL
          AND (OLD.starts_at, OLD.ends_at, OLD.practitioner_id, OLD.overbook, OLD.deleted_at)
              IS DISTINCT FROM (NEW.starts_at, NEW.ends_at, NEW.practitioner_id, NEW.overbook, NEW.deleted_at))
    EXECUTE FUNCTION app.claim_time();

-- And one at a time takes a room: what would wait for each other waits here, in an order, and does not deadlock. What an exclusion
-- constraint alone keeps apart may.
CREATE FUNCTION app.lock_room(room uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    SELECT r.id FROM rooms r WHERE r.company_id = app.clinic_id() AND r.id = lock_room.room FOR NO KEY UPDATE;
END;
CREATE FUNCTION app.claim_room() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM app.lock_room(NEW.room_id);
    RETURN NEW;
END $$;
-- A series takes its times before it asks which are free.
GRANT EXECUTE ON FUNCTION app.lock_calendar(uuid), app.lock_room(uuid)
   TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary;
-- After `claim` and `claim_anew`: triggers fire by name.
CREATE TRIGGER claim_room BEFORE INSERT OR UPDATE OF starts_at, ends_at, room_id, overbook, deleted_at ON appointments FOR EACH ROW
    WHEN (NEW.room_id IS NOT NULL AND NEW.status IN ('scheduled', 'confirmed', 'checked_in') AND NOT NEW.overbook)
    EXECUTE FUNCTION app.claim_room();

-- What an appointment needs is there, and stays until it is booked: whoever archives one of these waits, and then sees the booking.
-- After the claims, so that no lock is taken twice in another strength.
CREATE FUNCTION app.require_live() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    needed record;
    found  boolean;
BEGIN
    FOR needed IN SELECT v.tab, v.id, v.word
                    FROM (VALUES ('practitioners', NEW.practitioner_id, 'practitioner'), ('rooms', NEW.room_id, 'room'),
                                 ('medical_facilities', NEW.facility_id, 'facility'), ('products_services', NEW.service_id, 'service'))
                         AS v (tab, id, word)
                   WHERE v.id IS NOT NULL
    LOOP
        found := NULL;
        EXECUTE format('SELECT true FROM %I.%I t WHERE t.company_id = $1 AND t.id = $2 AND t.deleted_at IS NULL FOR SHARE',
                       TG_TABLE_SCHEMA, needed.tab)
           INTO found USING NEW.company_id, needed.id;
        IF found IS NULL THEN
            RAISE EXCEPTION 'the % is not there', needed.word
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'appointments_' || needed.word || '_id_fkey', TABLE = TG_TABLE_NAME;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER live BEFORE INSERT ON appointments FOR EACH ROW EXECUTE FUNCTION app.require_live();
CREATE TRIGGER live_anew BEFORE UPDATE OF practitioner_id, room_id, facility_id, service_id, deleted_at ON appointments FOR EACH ROW
    WHEN (NEW.deleted_at IS NULL
          AND (OLD.practitioner_id, OLD.room_id, OLD.facility_id, OLD.service_id, OLD.deleted_at)
              IS DISTINCT FROM (NEW.practitioner_id, NEW.room_id, NEW.facility_id, NEW.service_id, NEW.deleted_at))
    EXECUTE FUNCTION app.require_live();

-- A link by which a patient confirms an appointment, or calls it off: good for one answer, and for the time that it was made for.
-- Its context is signed with the link's id as the user, role medicalpro_link.
CREATE TABLE appointment_links (
    company_id     uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id             uuid        NOT NULL DEFAULT gen_random_uuid(),
    appointment_id uuid        NOT NULL,
    starts_at      timestamptz NOT NULL,                                          -- the appointment's, as it was told
    answer         text        CHECK (answer IN ('confirmed', 'cancelled')),
    answered_at    timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    version        int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT appointment_links_appointment_id_fkey FOREIGN KEY (company_id, appointment_id) REFERENCES appointments
);
CREATE INDEX appointment_links_appointment_id_idx ON appointment_links (company_id, appointment_id);
CREATE INDEX appointment_links_starts_at_idx      ON appointment_links (company_id, starts_at);
SELECT app.protect('appointment_links', audited => false, fixed => '{appointment_id,starts_at}', automatic => '{answer,answered_at}',
    admin => 'RC', manager => 'RC', practitioner => 'RC', nurse => 'RC', secretary => 'RC', worker => 'X');
GRANT SELECT (company_id, starts_at) ON appointment_links TO medicalpro_worker;           -- to find the outworn ones

-- What the patient is shown: when, with whom and where, as the mail says (`email_outbox`), never what for. Nothing where the link is not good, or not any more.
CREATE FUNCTION app.link_appointment()
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz, status text, practitioner text, facility text, address_line1 text,
               address_line2 text, postal_code text, city text, clinic text, phone text, country text, language text, clinic_language text,
               time_zone text, answer text, cancellable boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT a.starts_at, a.ends_at, a.status, concat_ws(' ', p.title, p.first_name, p.last_name), f.name,
           CASE WHEN f.city IS NULL THEN s.address_line1 ELSE f.address_line1 END,
           CASE WHEN f.city IS NULL THEN s.address_line2 ELSE f.address_line2 END,
           CASE WHEN f.city IS NULL THEN s.postal_code ELSE f.postal_code END, coalesce(f.city, s.city),
           s.name, coalesce(f.phone, s.phone), s.country, coalesce(t.language, s.language), s.language, s.time_zone, l.answer,
           a.starts_at - make_interval(hours => s.cancellation_hours) > now()
      FROM appointment_links l
      JOIN appointments a       ON a.company_id = l.company_id AND a.id = l.appointment_id
      JOIN practitioners p      ON p.company_id = a.company_id AND p.id = a.practitioner_id
      JOIN patients t           ON t.company_id = a.company_id AND t.id = a.patient_id
      JOIN clinic_settings s    ON s.company_id = a.company_id
      LEFT JOIN medical_facilities f ON f.company_id = a.company_id AND f.id = a.facility_id,
           LATERAL app.record_access('read', 'appointments', ARRAY[a.id], ARRAY[a.patient_id])
     WHERE l.id = (SELECT app.user_id())
       AND a.starts_at = l.starts_at AND a.starts_at > now() AND a.deleted_at IS NULL AND t.deleted_at IS NULL;
END;

-- The patient's answer, once: whether it counted.
CREATE FUNCTION app.link_answer(answer text) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    WITH answered AS (
        UPDATE appointment_links l
           SET answer = link_answer.answer, answered_at = now()
          FROM appointments a, clinic_settings s
         WHERE l.id = (SELECT app.user_id()) AND l.answer IS NULL
           AND a.company_id = l.company_id AND a.id = l.appointment_id AND s.company_id = l.company_id
           AND a.starts_at = l.starts_at AND a.starts_at > now() AND a.deleted_at IS NULL AND a.status IN ('scheduled', 'confirmed')
           AND (link_answer.answer = 'confirmed' OR a.starts_at - make_interval(hours => s.cancellation_hours) > now())
        RETURNING l.appointment_id, l.starts_at
    ), told AS (
        UPDATE appointments a
           SET status        = link_answer.answer,
               cancelled_for = CASE link_answer.answer WHEN 'cancelled' THEN 'patient_link' END
          FROM answered d
         WHERE a.company_id = app.clinic_id() AND a.id = d.appointment_id AND a.starts_at = d.starts_at
           AND a.status IN ('scheduled', 'confirmed')           -- still so, when the clinic has changed it in this moment
        RETURNING a.id
    )
    SELECT EXISTS (SELECT FROM told);
END;
GRANT EXECUTE ON FUNCTION app.link_appointment(), app.link_answer(text) TO medicalpro_link;

-- A revocable link to one practitioner's calendar, for calendar programs. Its context is signed with the link's id as the
-- user, role medicalpro_link: the functions take no id from the caller.
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

-- Times and states only: a calendar lies on phones and at third parties, so it names no patient and no reason. What did not take
-- place is told until its day is over, so that programs take it away.
CREATE FUNCTION app.link_calendar(starts_from timestamptz, starts_before timestamptz)
RETURNS TABLE (id uuid, starts_at timestamptz, ends_at timestamptz, status text, updated_at timestamptz, version int)
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT a.id, a.starts_at, a.ends_at, a.status, a.updated_at, a.version
      FROM calendar_links l
      JOIN appointments a ON a.company_id = l.company_id AND a.practitioner_id = l.practitioner_id
     WHERE l.id = (SELECT app.user_id())
       AND l.revoked_at IS NULL
       AND a.deleted_at IS NULL
       AND a.starts_at >= starts_from AND a.starts_at < starts_before
       AND (a.status NOT IN ('cancelled', 'no_show') OR a.starts_at >= current_date)
     ORDER BY a.starts_at, a.id
     LIMIT 10000;
END;
-- Who made the link, and whether the calendar is their own, as long as the link stands: an empty calendar and a revoked one are not the
-- same. Whether they may still share it, central knows. That it was looked at is on record.
CREATE FUNCTION app.link_calendar_stands() RETURNS TABLE (made_by uuid, own boolean) LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT l.created_by, p.user_id IS NOT DISTINCT FROM l.created_by
      FROM calendar_links l
      JOIN practitioners p ON p.company_id = l.company_id AND p.id = l.practitioner_id,
           LATERAL app.record_access('export', 'calendar_links', ARRAY[l.id], NULL)
     WHERE l.id = (SELECT app.user_id()) AND l.revoked_at IS NULL AND p.deleted_at IS NULL;
END;
GRANT EXECUTE ON FUNCTION app.link_calendar(timestamptz, timestamptz), app.link_calendar_stands() TO medicalpro_link;
