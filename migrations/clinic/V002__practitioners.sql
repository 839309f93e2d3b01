-- Who treats patients, when they can be booked, and when the clinic is closed.

CREATE TABLE practitioners (
    company_id          uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id                  uuid        NOT NULL DEFAULT gen_random_uuid(),
    user_id             uuid,                                  -- of central; NULL: someone who does not log in
    facility_id         uuid,                                  -- where they mostly work
    title               text        CHECK (length(title) <= 50),
    first_name          text        NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name           text        NOT NULL CHECK (length(last_name)  BETWEEN 1 AND 100),
    specialities        text[]      NOT NULL DEFAULT '{}'
                                    CHECK (cardinality(specialities) <= 10 AND length(array_to_string(specialities, '')) <= 2000),
    registration_number text        CHECK (length(registration_number) <= 50),    -- the licence: RPPS, INAMI, GLN, GMC …
    registration_until  date,                                                     -- inclusive; nobody is booked beyond it
    email               text        CHECK (length(email) <= 254),
    phone               text        CHECK (length(phone) <= 50),
    languages           jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(languages) = 'array'),
    color               text        CHECK (color ~ '^#[0-9a-f]{6}$'),             -- in the calendar
    appointment_minutes smallint    NOT NULL DEFAULT 30 CHECK (appointment_minutes BETWEEN 5 AND 480),
    buffer_before       smallint    NOT NULL DEFAULT 0   CHECK (buffer_before BETWEEN 0 AND 240),       -- minutes
    buffer_after        smallint    NOT NULL DEFAULT 0   CHECK (buffer_after  BETWEEN 0 AND 240),
    minimum_notice      int         NOT NULL DEFAULT 0   CHECK (minimum_notice BETWEEN 0 AND 43200),    -- minutes; 30 days
    horizon_days        smallint    NOT NULL DEFAULT 365 CHECK (horizon_days BETWEEN 1 AND 730),
    active              boolean     NOT NULL DEFAULT true,
    sort_name           text        COLLATE "C" NOT NULL CHECK (length(sort_name) <= 300),   -- "last first", folded by Rust
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    version             int         NOT NULL DEFAULT 1,
    deleted_at          timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT practitioners_facility_id_fkey FOREIGN KEY (company_id, facility_id) REFERENCES medical_facilities
);
CREATE UNIQUE INDEX practitioners_user_id_key             ON practitioners (company_id, user_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX practitioners_registration_number_key ON practitioners (company_id, registration_number) WHERE deleted_at IS NULL;
CREATE INDEX        practitioners_facility_id_idx         ON practitioners (company_id, facility_id);
CREATE INDEX        practitioners_sort_name_idx           ON practitioners (company_id, sort_name, id);
CREATE INDEX        practitioners_created_at_idx          ON practitioners (company_id, created_at, id);
-- Whose account a practitioner is, is said by those who may delete one: who could write it could make any row their own.
SELECT app.protect('practitioners', fixed => '{user_id}',
    admin => 'RWD', manager => 'RWD', practitioner => 'RU', nurse => 'R', secretary => 'RW', readonly => 'R');
GRANT UPDATE (user_id) ON practitioners TO medicalpro_admin, medicalpro_manager;
CREATE POLICY unlinked ON practitioners AS RESTRICTIVE FOR INSERT TO medicalpro_secretary WITH CHECK (user_id IS NULL);
GRANT SELECT (company_id, id, title, first_name, last_name) ON practitioners TO medicalpro_worker;        -- for reminders
-- USING (true), so that a foreign row is refused (42501) rather than silently missed.
CREATE POLICY own ON practitioners AS RESTRICTIVE FOR UPDATE TO medicalpro_practitioner
    USING (true) WITH CHECK (user_id = (SELECT app.user_id()));

-- Local times of the clinic's time zone. `weekly` recurs on a weekday; `extra` and `absence` are exceptions from a day to a
-- day, an absence without times lasts the whole day. Absences win over extras, extras over the week.
CREATE TABLE practitioner_availability (
    company_id      uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    practitioner_id uuid        NOT NULL,
    facility_id     uuid,
    kind            text        NOT NULL CHECK (kind IN ('weekly', 'extra', 'absence')),
    weekday         smallint    CHECK (weekday BETWEEN 1 AND 7),                              -- ISO 8601
    interval_weeks  smallint    NOT NULL DEFAULT 1 CHECK (interval_weeks BETWEEN 1 AND 8),    -- from the week of valid_from on
    valid_from      date,
    valid_until     date,                                                                     -- inclusive
    starts          time,
    ends            time,
    reason          text        CHECK (length(reason) <= 500),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    version         int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT practitioner_availability_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners,
    CONSTRAINT practitioner_availability_facility_id_fkey     FOREIGN KEY (company_id, facility_id) REFERENCES medical_facilities,
    CONSTRAINT practitioner_availability_order_check CHECK (starts < ends AND valid_from <= valid_until),
    CONSTRAINT practitioner_availability_weeks_check CHECK (interval_weeks = 1 OR kind = 'weekly' AND valid_from IS NOT NULL),
    CONSTRAINT practitioner_availability_shape_check CHECK (
        CASE kind WHEN 'weekly'  THEN weekday IS NOT NULL AND starts IS NOT NULL AND ends IS NOT NULL
                  WHEN 'extra'   THEN weekday IS NULL AND valid_from IS NOT NULL AND valid_until IS NOT NULL
                                      AND starts IS NOT NULL AND ends IS NOT NULL
                  WHEN 'absence' THEN weekday IS NULL AND valid_from IS NOT NULL AND valid_until IS NOT NULL
                                      AND (starts IS NULL) = (ends IS NULL) END)
);
CREATE INDEX practitioner_availability_practitioner_id_idx ON practitioner_availability (company_id, practitioner_id, kind, weekday, valid_from);
-- What is over is most of it, some day: calendars look for the rest.
CREATE INDEX practitioner_availability_exceptions_idx      ON practitioner_availability (company_id, valid_until) WHERE kind <> 'weekly';
CREATE INDEX practitioner_availability_facility_id_idx     ON practitioner_availability (company_id, facility_id);
SELECT app.protect('practitioner_availability', fixed => '{practitioner_id}',
    admin => 'RWX', manager => 'RWX', practitioner => 'RWX', nurse => 'R', secretary => 'RWX', readonly => 'R');
CREATE POLICY own_insert ON practitioner_availability AS RESTRICTIVE FOR INSERT TO medicalpro_practitioner
    WITH CHECK (practitioner_id IN (SELECT p.id FROM practitioners p WHERE p.user_id = (SELECT app.user_id())));
CREATE POLICY own_update ON practitioner_availability AS RESTRICTIVE FOR UPDATE TO medicalpro_practitioner
    USING (true)
    WITH CHECK (practitioner_id IN (SELECT p.id FROM practitioners p WHERE p.user_id = (SELECT app.user_id())));
CREATE POLICY own_delete ON practitioner_availability AS RESTRICTIVE FOR DELETE TO medicalpro_practitioner
    USING (practitioner_id IN (SELECT p.id FROM practitioners p WHERE p.user_id = (SELECT app.user_id())));

-- Whether, beside the row `own`, weekly hours of this practitioner meet these on a day that both have. Two blocks that alternate
-- come together again after the product of their intervals, so that weeks beyond need no look.
CREATE FUNCTION app.hours_taken(own uuid, practitioner uuid, weekday smallint, weeks smallint, since date, until date, starts time, ends time)
RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT
          FROM practitioner_availability v,
               LATERAL (SELECT coalesce(greatest(v.valid_from, hours_taken.since), date '2000-01-03') AS day) AS first,
               LATERAL generate_series(first.day::timestamp,
                                       least(v.valid_until, hours_taken.until, first.day + 7 * v.interval_weeks * hours_taken.weeks - 1)::timestamp,
                                       interval '1 day') AS at
         WHERE v.company_id = app.clinic_id() AND v.practitioner_id = hours_taken.practitioner AND v.kind = 'weekly'
           AND v.weekday = hours_taken.weekday AND v.id <> hours_taken.own
           AND v.starts < hours_taken.ends AND v.ends > hours_taken.starts
           AND extract(isodow FROM at) = v.weekday
           AND (v.interval_weeks = 1
                OR (date_trunc('week', at)::date - date_trunc('week', v.valid_from::timestamp)::date) % (7 * v.interval_weeks) = 0)
           AND (hours_taken.weeks = 1
                OR (date_trunc('week', at)::date - date_trunc('week', hours_taken.since::timestamp)::date) % (7 * hours_taken.weeks) = 0));
END;

-- The practitioner is locked first, so that of two blocks that are entered at once the second sees the first.
CREATE FUNCTION app.claim_hours() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM app.lock_calendar(NEW.practitioner_id);
    IF app.hours_taken(NEW.id, NEW.practitioner_id, NEW.weekday, NEW.interval_weeks, NEW.valid_from, NEW.valid_until, NEW.starts, NEW.ends) THEN
        RAISE EXCEPTION 'these hours are taken'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'practitioner_availability_overlap', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim BEFORE INSERT OR UPDATE ON practitioner_availability FOR EACH ROW
    WHEN (NEW.kind = 'weekly') EXECUTE FUNCTION app.claim_hours();

-- Days on which nobody is booked: the whole clinic, or one facility. Or, `open`, on which work goes on though it is a public holiday.
CREATE TABLE closures (
    company_id  uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    facility_id uuid,                                                                         -- NULL: all
    kind        text        NOT NULL DEFAULT 'closed' CHECK (kind IN ('closed', 'open')),
    starts_on   date        NOT NULL,
    ends_on     date        NOT NULL,                                                         -- inclusive
    reason      text        CHECK (length(reason) <= 500),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    version     int         NOT NULL DEFAULT 1,
    deleted_at  timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT closures_facility_id_fkey FOREIGN KEY (company_id, facility_id) REFERENCES medical_facilities,
    CONSTRAINT closures_order_check      CHECK (starts_on <= ends_on)
);
CREATE INDEX closures_facility_id_idx ON closures (company_id, facility_id);
CREATE INDEX closures_starts_on_idx   ON closures (company_id, starts_on, id);
SELECT app.protect('closures',
    admin => 'RWD', manager => 'RWD', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R');
