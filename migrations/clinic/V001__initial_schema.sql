-- Identity, signed context, audit trail and the table that all others are modelled on: patients.
--
-- Runs as medicalpro_owner with search_path at the clinic's schema, which is renamed when a clinic is made: nothing here
-- names it. Schema `app` keeps its name, so functions pin their search_path to pg_catalog and name what is in `app`; what
-- they need of the clinic's schema they reach through a view in `app`, a BEGIN ATOMIC body or TG_TABLE_SCHEMA.
--
-- CHECKs on one column and primary keys bear PostgreSQL's own names, table_column_check and table_pkey; unique and foreign
-- keys are named by hand. Rust turns these names into answers: they are part of the contract.
--
-- SQLSTATEs of our own: MP001 no context, MP002 malformed, MP003 forged, MP004 another clinic's, MP005 another role's,
-- MP006 expired, MP007 the audit trail is append-only, MP020 an appointment cannot go there, MP021 frozen, MP022 a record,
-- document or consent cannot go there.

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;    -- a function is nobody's until it is granted

GRANT USAGE ON SCHEMA app
   TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary,
      medicalpro_readonly, medicalpro_worker, medicalpro_link, medicalpro_audit;

----------------------------------------------------------------------------------------------------------------------
-- Identity and signed context
----------------------------------------------------------------------------------------------------------------------

-- Who this database belongs to. A template belongs to nobody; making a clinic replaces the body by that clinic's literal.
-- In plpgsql, since a CHECK plans its expression at every INSERT, and a body in SQL would be parsed each time.
CREATE FUNCTION app.clinic_id() RETURNS uuid LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$ BEGIN RETURN '00000000-0000-0000-0000-000000000000'::uuid; END $$;

-- The two pads of HMAC-SHA256, kept ready so that no extension is needed; two keys while rotating. No grants: only
-- app.verified_context reads it, on behalf of the definers below.
CREATE TABLE app.context_key (
    kid  int   PRIMARY KEY,
    ipad bytea NOT NULL CHECK (octet_length(ipad) = 64),
    opad bytea NOT NULL CHECK (octet_length(opad) = 64)
);

-- The parts kid|company|role|user|expires|mac of this transaction's context, verified, or an error. The MAC comes first:
-- nothing is concluded from what has not been signed.
--
-- `cur` is who acts. Beside the signed role itself that may be medicalpro_owner: a clinic's login cannot become it, so it
-- acts only inside our own SECURITY DEFINER functions, while the setting `role` still says whose session it is. RESET ROLE
-- leaves 'none' there, which nobody signs.
--
-- Every statement of every request passes here, and plpgsql sets each expression up anew in each transaction: so all that must
-- hold stands in one, and what was wrong is asked only when it does not. What is signed is well-formed, since only we sign.
CREATE FUNCTION app.verified_context(cur name) RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    ctx  text   := current_setting('app.ctx', true);
    part text[] := string_to_array(ctx, '|');
    mac  text;
BEGIN
    SELECT encode(sha256(k.opad || sha256(k.ipad || convert_to(left(ctx, -65), 'UTF8'))), 'hex') INTO mac
      FROM app.context_key k WHERE k.kid::text = part[1];
    IF part[6] = mac AND cardinality(part) = 6
       AND part[2] = app.clinic_id()::text AND current_database() = 'medicalpro_clinic_' || replace(part[2], '-', '_')
       AND part[3] = current_setting('role') AND cur IN (part[3], 'medicalpro_owner')
       AND to_timestamp(part[5]::bigint) >= statement_timestamp() THEN
        RETURN part;
    END IF;

    IF ctx IS NULL OR ctx = '' THEN
        RAISE EXCEPTION 'no request context' USING ERRCODE = 'MP001';
    ELSIF cardinality(part) <> 6 OR part[1] !~ '^[0-9]{1,9}$' THEN
        RAISE EXCEPTION 'malformed request context' USING ERRCODE = 'MP002';
    ELSIF mac IS DISTINCT FROM part[6] THEN
        RAISE EXCEPTION 'forged request context' USING ERRCODE = 'MP003';
    ELSIF part[2] <> app.clinic_id()::text OR current_database() <> 'medicalpro_clinic_' || replace(part[2], '-', '_') THEN
        RAISE EXCEPTION 'context of another clinic' USING ERRCODE = 'MP004';
    ELSIF part[3] <> current_setting('role') OR cur NOT IN (part[3], 'medicalpro_owner') THEN
        RAISE EXCEPTION 'role % is not the signed role', cur USING ERRCODE = 'MP005';
    END IF;
    RAISE EXCEPTION 'context expired' USING ERRCODE = 'MP006';
END $$;

-- The verified company of this transaction. For policies: (SELECT app.tenant(current_user)), once a statement; hence its cost, which
-- must not count by row where `planned` names it.
CREATE FUNCTION app.tenant(cur name) RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER COST 1
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM app.verified_context(cur);
    RETURN app.clinic_id();
END $$;

-- The verified session role and user. Definers ask too, where current_user is the definer: so the setting `role` counts.
CREATE FUNCTION app.actor(OUT role text, OUT user_id uuid) LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part text[] := app.verified_context(current_setting('role')::name);
BEGIN
    role    := part[3];
    user_id := part[4]::uuid;
END $$;

-- The verified user; for a session of medicalpro_link, the id of the link. For policies on a user's own rows.
CREATE FUNCTION app.user_id() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part text[] := app.verified_context(current_setting('role')::name);
BEGIN
    RETURN part[4]::uuid;
END $$;

GRANT EXECUTE ON FUNCTION app.clinic_id(), app.tenant(name), app.actor(), app.user_id()
   TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary,
      medicalpro_readonly, medicalpro_worker, medicalpro_link, medicalpro_audit;

-- What the request is called in the logs. Unsigned, so only ever informational; anything else than a UUID as we write it is no
-- id. One expression, so that it becomes part of the statement that asks, and no regular expression, which costs tenfold.
CREATE FUNCTION app.request_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN current_setting('app.request_id', true) LIKE '________-____-____-____-____________'
                 AND translate(current_setting('app.request_id', true), '0123456789abcdef', '') = '----'
                THEN current_setting('app.request_id', true)::uuid END
$$;
GRANT EXECUTE ON FUNCTION app.request_id() TO medicalpro_audit;

----------------------------------------------------------------------------------------------------------------------
-- Audit trail: written by its owner's definers only, never changed
----------------------------------------------------------------------------------------------------------------------

DO $$ BEGIN EXECUTE format('GRANT USAGE, CREATE ON SCHEMA app, %I TO medicalpro_audit', current_schema()); END $$;
SET LOCAL ROLE medicalpro_audit;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- Who did what to which rows. Names of columns, never their values: managers read this and not the medical records.
CREATE TABLE audit_logs (
    company_id  uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id          bigint      GENERATED ALWAYS AS IDENTITY,     -- in the order of writing, so that the index grows at its end
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_user  uuid        NOT NULL,
    actor_role  text        NOT NULL,
    action      text        NOT NULL,      -- create, update, delete, restore; one of app.record_access; denied
    resource    text        NOT NULL,      -- a table; of a refusal, the operation
    ids         uuid[],
    patient_ids uuid[],
    changed     text[],
    code        text,
    request_id  uuid,
    PRIMARY KEY (company_id, id)
);
-- What may be written is bounded by the functions below, the only ones who write: a CHECK is read and planned at every INSERT.
CREATE INDEX audit_logs_actor_idx ON audit_logs (company_id, actor_user, id);
CREATE INDEX audit_logs_at_idx    ON audit_logs USING brin (at);
-- For app.patient_access_log. Most rows are about one patient, for whom a B-tree costs a third of what an inverted index does.
CREATE INDEX audit_logs_patient_idx  ON audit_logs ((patient_ids[1]), id)  WHERE cardinality(patient_ids) = 1;
CREATE INDEX audit_logs_patients_idx ON audit_logs USING gin (patient_ids) WHERE cardinality(patient_ids) > 1;

ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_logs FORCE  ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_logs AS RESTRICTIVE TO medicalpro_admin, medicalpro_manager, medicalpro_owner
    USING      (company_id = (SELECT app.tenant(current_user)))
    WITH CHECK (company_id = (SELECT app.tenant(current_user)));
CREATE POLICY planned ON audit_logs AS RESTRICTIVE TO medicalpro_admin, medicalpro_manager, medicalpro_owner
    USING (company_id <> '00000000-0000-0000-0000-000000000000' OR company_id = app.tenant(current_user));
CREATE POLICY job ON audit_logs FOR SELECT TO medicalpro_admin, medicalpro_manager USING (true);
-- The owner acts inside the functions below only, which ask app.actor() themselves. `true` leaves no barrier before the
-- index on patient_ids, whose operators are not leakproof.
CREATE POLICY writer ON audit_logs TO medicalpro_audit USING (true) WITH CHECK (true);
GRANT SELECT ON audit_logs TO medicalpro_admin, medicalpro_manager;

CREATE FUNCTION app.forbid_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'MP007';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION app.forbid_change();

-- A view follows its table through the schema's rename; the name of a table in a function's body would not.
CREATE VIEW app.audit_entry WITH (security_invoker = true) AS SELECT * FROM audit_logs;
ALTER VIEW app.audit_entry ALTER company_id SET DEFAULT app.clinic_id();

-- AFTER INSERT OR UPDATE OR DELETE, FOR EACH ROW. Arguments: the column that identifies the row (default id) and the one
-- that names the patient (default patient_id, where there is one).
CREATE FUNCTION app.audit_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    subject jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    was     jsonb;
    what    text  := CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'DELETE' THEN 'delete' ELSE 'update' END;
    columns text[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was     := to_jsonb(OLD);
        columns := ARRAY(SELECT n.key
                           FROM jsonb_each(subject) n
                          WHERE n.value IS DISTINCT FROM was -> n.key AND n.key NOT IN ('version', 'updated_at')
                          ORDER BY n.key);
        IF 'deleted_at' = ANY (columns) THEN
            what := CASE WHEN subject ->> 'deleted_at' IS NULL THEN 'restore'
                         WHEN was     ->> 'deleted_at' IS NULL THEN 'delete'
                         ELSE what END;
        END IF;
    END IF;
    INSERT INTO app.audit_entry (actor_user, actor_role, action, resource, ids, patient_ids, changed, request_id)
    SELECT a.user_id, a.role, what, TG_TABLE_NAME, ARRAY[(subject ->> COALESCE(TG_ARGV[0], 'id'))::uuid],
           CASE WHEN subject ->> COALESCE(TG_ARGV[1], 'patient_id') IS NOT NULL
                THEN ARRAY[(subject ->> COALESCE(TG_ARGV[1], 'patient_id'))::uuid] END,
           columns, app.request_id()
      FROM app.actor() a;
    RETURN NULL;
END $$;

-- A request has read these rows, of these patients. In the transaction that reads them.
CREATE FUNCTION app.record_access(action text, resource text, ids uuid[], patient_ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (action IN ('list', 'read', 'search', 'export', 'download', 'print') AND length(resource) BETWEEN 1 AND 100
        AND COALESCE(cardinality(ids), 0) <= 10000 AND COALESCE(cardinality(patient_ids), 0) <= 10000
        -- The index on the first element finds a lone patient nowhere else.
        AND COALESCE(array_ndims(patient_ids), 1) = 1 AND COALESCE(array_lower(patient_ids, 1), 1) = 1) IS NOT TRUE THEN
        RAISE EXCEPTION 'this is no way of reading' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO app.audit_entry (actor_user, actor_role, action, resource, ids, patient_ids, request_id)
    SELECT a.user_id, a.role, record_access.action, record_access.resource, record_access.ids, record_access.patient_ids,
           app.request_id()
      FROM app.actor() a;
END $$;

-- A request was refused. In a transaction of its own, after the refused one has been rolled back.
CREATE FUNCTION app.record_denial(operation text, code text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (length(operation) BETWEEN 1 AND 100 AND length(code) BETWEEN 1 AND 100) IS NOT TRUE THEN
        RAISE EXCEPTION 'this is no refusal' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO app.audit_entry (actor_user, actor_role, action, resource, code, request_id)
    SELECT a.user_id, a.role, 'denied', operation, record_denial.code, app.request_id()
      FROM app.actor() a;
END $$;

-- Who has seen or changed what concerns this patient, newest first, before the keyset (NULL: from the newest). A function,
-- since under the reader's policies no index on an array is used.
CREATE FUNCTION app.patient_access_log(patient uuid, before bigint, page int)
RETURNS SETOF audit_logs LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT l.*
      FROM app.actor() a,                                                 -- no rows without a verified context
           LATERAL ((SELECT * FROM audit_logs
                      WHERE patient_ids[1] = patient AND cardinality(patient_ids) = 1
                        AND id < COALESCE(before, 9223372036854775807)
                      ORDER BY id DESC LIMIT least(page, 1001))
                    UNION ALL
                    (SELECT * FROM audit_logs
                      WHERE patient_ids @> ARRAY[patient] AND cardinality(patient_ids) > 1
                        AND id < COALESCE(before, 9223372036854775807)
                      ORDER BY id DESC LIMIT least(page, 1001))) l
     WHERE a.role IN ('medicalpro_admin', 'medicalpro_manager')
     ORDER BY l.id DESC
     LIMIT least(page, 1001);
END;

GRANT EXECUTE ON FUNCTION app.record_access(text, text, uuid[], uuid[]), app.record_denial(text, text)
   TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary,
      medicalpro_readonly, medicalpro_worker;
GRANT EXECUTE ON FUNCTION app.patient_access_log(uuid, bigint, int) TO medicalpro_admin, medicalpro_manager;
GRANT EXECUTE ON FUNCTION app.audit_change(), app.forbid_change(), app.record_access(text, text, uuid[], uuid[])
   TO medicalpro_owner;                                                   -- to make triggers of them, and for links' functions

SET LOCAL ROLE medicalpro_owner;
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON SCHEMA app, %I FROM medicalpro_audit', current_schema()); END $$;

----------------------------------------------------------------------------------------------------------------------
-- What every table gets. For migrations only: no session role may execute app.protect.
----------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.version    := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$;

-- Row security, triggers and grants of a table, said as the role matrix says them. A right is a string of these letters:
--
--   R  SELECT
--   C  INSERT, of what a client may set                  U  UPDATE, by column           W  both
--   S  sign or issue: UPDATE of the columns in `signs`, which nobody else may set
--   D  soft deletion: UPDATE of deleted_at and of the columns in `deletes`, likewise
--   X  DELETE of rows, where they are truly ephemeral
--
-- `fixed` columns are set at creation only; `automatic` ones by defaults and triggers only, as are created_at, updated_at and
-- version. So INSERT and UPDATE are granted by column throughout: nobody inserts a row that is signed, deleted or back-dated.
-- A table with updated_at gets the trigger `touch`, an audited one the trigger `audit` with `audit_id` and `audit_patient`.
CREATE FUNCTION app.protect(
    tab           regclass,
    admin         text    DEFAULT '',
    manager       text    DEFAULT '',
    practitioner  text    DEFAULT '',
    nurse         text    DEFAULT '',
    secretary     text    DEFAULT '',
    readonly      text    DEFAULT '',
    worker        text    DEFAULT '',
    fixed         text[]  DEFAULT '{}',
    automatic     text[]  DEFAULT '{}',
    signs         text[]  DEFAULT '{}',
    deletes       text[]  DEFAULT '{}',
    audited       boolean DEFAULT true,
    audit_id      text    DEFAULT 'id',
    audit_patient text    DEFAULT 'patient_id'
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns    text[] := ARRAY(SELECT attname FROM pg_attribute
                                WHERE attrelid = tab AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum);
    by_hand    text[] := ARRAY(SELECT unnest(columns)
                               EXCEPT ALL SELECT unnest(ARRAY['created_at', 'updated_at', 'version', 'deleted_at'])
                               EXCEPT ALL SELECT unnest(automatic || signs || deletes));
    changeable text[] := ARRAY(SELECT unnest(by_hand)
                               EXCEPT ALL SELECT unnest(ARRAY['company_id', 'id'])
                               EXCEPT ALL SELECT unnest(fixed));
    grantee    record;
BEGIN
    IF NOT columns @> (fixed || automatic || signs || deletes) THEN
        RAISE EXCEPTION 'app.protect(%): no such column among %', tab, fixed || automatic || signs || deletes;
    END IF;

    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %s FORCE  ROW LEVEL SECURITY', tab);
    -- The scalar sub-select is what makes it once a statement and not once a row.
    EXECUTE format('CREATE POLICY tenant ON %s AS RESTRICTIVE '
                   'USING      (company_id = (SELECT app.tenant(current_user))) '
                   'WITH CHECK (company_id = (SELECT app.tenant(current_user)))', tab);
    -- EXPLAIN plans and does not execute, and its estimates tell what the statistics hold, which are values of rows. Planning asks
    -- for what a stable function gives that a column is compared with: so there is no plan without a context either. As a row
    -- is looked at, the first half is true, and the second never asked.
    EXECUTE format('CREATE POLICY planned ON %s AS RESTRICTIVE '
                   'USING (company_id <> ''00000000-0000-0000-0000-000000000000'' OR company_id = app.tenant(current_user))', tab);
    EXECUTE format('CREATE POLICY job ON %s TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, '
                   'medicalpro_secretary, medicalpro_readonly, medicalpro_worker USING (true) WITH CHECK (true)', tab);
    -- Without it an UPDATE in a later migration touches no rows and says nothing. With it and no context: MP001.
    EXECUTE format('CREATE POLICY migration ON %s TO medicalpro_owner USING (true) WITH CHECK (true)', tab);

    IF 'updated_at' = ANY (columns) THEN
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION app.touch()', tab);
    END IF;
    IF audited THEN
        EXECUTE format('CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON %s '
                       'FOR EACH ROW EXECUTE FUNCTION app.audit_change(%L, %L)', tab, audit_id, audit_patient);
    END IF;

    FOR grantee IN SELECT 'medicalpro_' || job AS name, rights
                     FROM (VALUES ('admin', admin), ('manager', manager), ('practitioner', practitioner), ('nurse', nurse),
                                  ('secretary', secretary), ('readonly', readonly), ('worker', worker)) AS m (job, rights)
                    WHERE rights <> ''
    LOOP
        IF grantee.rights !~ '^[RCUWSDX]+$' OR grantee.rights ~ 'S' AND cardinality(signs) = 0
           OR grantee.rights ~ 'D' AND 'deleted_at' <> ALL (columns) THEN
            RAISE EXCEPTION 'app.protect(%): % cannot have %', tab, grantee.name, grantee.rights;
        END IF;
        IF grantee.rights ~ 'R' THEN
            EXECUTE format('GRANT SELECT ON %s TO %I', tab, grantee.name);
        END IF;
        IF grantee.rights ~ '[CW]' THEN
            PERFORM app.grant_columns('INSERT', tab, by_hand, grantee.name);
        END IF;
        IF grantee.rights ~ '[UW]' THEN
            PERFORM app.grant_columns('UPDATE', tab, changeable, grantee.name);
        END IF;
        IF grantee.rights ~ 'S' THEN
            PERFORM app.grant_columns('UPDATE', tab, signs, grantee.name);
        END IF;
        IF grantee.rights ~ 'D' THEN
            PERFORM app.grant_columns('UPDATE', tab, deletes || ARRAY['deleted_at'], grantee.name);
        END IF;
        IF grantee.rights ~ 'X' THEN
            EXECUTE format('GRANT DELETE ON %s TO %I', tab, grantee.name);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION app.grant_columns(privilege text, tab regclass, columns text[], grantee text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF cardinality(columns) > 0 THEN
        EXECUTE format('GRANT %s (%s) ON %s TO %I', privilege,
                       (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) c), tab, grantee);
    END IF;
END $$;

----------------------------------------------------------------------------------------------------------------------
-- The clinic
----------------------------------------------------------------------------------------------------------------------

-- One row, laid in when the clinic is made, from its country, language and time zone.
CREATE TABLE clinic_settings (
    company_id                uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    name                      text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    country                   text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    language                  text        NOT NULL CHECK (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    time_zone                 text        NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 64),
    currency                  text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    business_number           text        CHECK (length(business_number) <= 50),      -- SIRET, NIF, BCE, UID … on documents
    vat_number                text        CHECK (length(vat_number) <= 50),
    email                     text        CHECK (length(email) <= 254),
    phone                     text        CHECK (length(phone) <= 50),
    address_line1             text        CHECK (length(address_line1) <= 200),
    address_line2             text        CHECK (length(address_line2) <= 200),
    postal_code               text        CHECK (length(postal_code) <= 20),
    city                      text        CHECK (length(city) <= 100),
    tax_label                 text        NOT NULL DEFAULT 'VAT' CHECK (length(tax_label) BETWEEN 1 AND 20),
    tax_rates                 jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(tax_rates) = 'array'),
    patient_number_prefix     text        NOT NULL DEFAULT 'P'  CHECK (length(patient_number_prefix) <= 10),
    quote_number_prefix       text        NOT NULL DEFAULT 'Q'  CHECK (length(quote_number_prefix) <= 10),
    invoice_number_prefix     text        NOT NULL DEFAULT 'I'  CHECK (length(invoice_number_prefix) <= 10),
    credit_note_number_prefix text        NOT NULL DEFAULT 'C'  CHECK (length(credit_note_number_prefix) <= 10),
    opening_hours             jsonb       NOT NULL DEFAULT '[]'                              -- {weekday, starts, ends}; none: not stated
                                          CHECK (jsonb_typeof(opening_hours) = 'array'),
    holiday_subdivision       text        CHECK (holiday_subdivision ~ '^[A-Z]{2}-[A-Z0-9]{1,3}$'),       -- ISO 3166-2
    closed_on_holidays        boolean     NOT NULL DEFAULT true,
    confirmation_mails        boolean     NOT NULL DEFAULT true,
    reminder_hours            smallint    DEFAULT 24 CHECK (reminder_hours BETWEEN 1 AND 336),            -- NULL: none
    cancellation_hours        smallint    NOT NULL DEFAULT 24 CHECK (cancellation_hours BETWEEN 0 AND 336),   -- by a patient's link
    hold_minutes              smallint    NOT NULL DEFAULT 5  CHECK (hold_minutes BETWEEN 1 AND 60),
    first_weekday             smallint    NOT NULL DEFAULT 1  CHECK (first_weekday BETWEEN 1 AND 7),      -- ISO 8601
    retention_years           smallint    NOT NULL DEFAULT 20 CHECK (retention_years BETWEEN 1 AND 100),
    care_team_required        boolean     NOT NULL DEFAULT false,
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz NOT NULL DEFAULT now(),
    version                   int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id)
);
SELECT app.protect('clinic_settings', audit_id => 'company_id',
    admin => 'RU', manager => 'RU', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R', worker => 'R');

CREATE TABLE medical_facilities (
    company_id    uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id            uuid        NOT NULL DEFAULT gen_random_uuid(),
    name          text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    address_line1 text        CHECK (length(address_line1) <= 200),
    address_line2 text        CHECK (length(address_line2) <= 200),
    postal_code   text        CHECK (length(postal_code) <= 20),
    city          text        CHECK (length(city) <= 100),
    country       text        CHECK (country ~ '^[A-Z]{2}$'),
    phone         text        CHECK (length(phone) <= 50),
    email         text        CHECK (length(email) <= 254),
    opening_hours jsonb       CHECK (jsonb_typeof(opening_hours) = 'array'),          -- NULL: the clinic's
    active        boolean     NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    version       int         NOT NULL DEFAULT 1,
    deleted_at    timestamptz,
    PRIMARY KEY (company_id, id)
);
CREATE INDEX medical_facilities_name_idx ON medical_facilities (company_id, name, id);
SELECT app.protect('medical_facilities',
    admin => 'RWD', manager => 'RWD', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R', worker => 'R');
-- Who says where somebody works holds that place, so that it is not archived meanwhile; FOR SHARE by itself asks for the right to
-- change it. NULL where there is none.
CREATE FUNCTION app.hold_facility(facility uuid) RETURNS uuid LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    SELECT f.id FROM medical_facilities f
     WHERE f.company_id = app.clinic_id() AND f.id = hold_facility.facility AND f.deleted_at IS NULL FOR SHARE;
END;
GRANT EXECUTE ON FUNCTION app.hold_facility(uuid)
   TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_secretary;

-- Apart from facilities because a room, not a facility, is what cannot be booked twice.
CREATE TABLE rooms (
    company_id  uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    facility_id uuid        NOT NULL,
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    active      boolean     NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    version     int         NOT NULL DEFAULT 1,
    deleted_at  timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT rooms_facility_id_fkey FOREIGN KEY (company_id, facility_id) REFERENCES medical_facilities
);
CREATE INDEX        rooms_facility_id_idx ON rooms (company_id, facility_id, name, id);
CREATE UNIQUE INDEX rooms_name_key        ON rooms (company_id, facility_id, name) WHERE deleted_at IS NULL;
SELECT app.protect('rooms',
    admin => 'RWD', manager => 'RWD', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R');

----------------------------------------------------------------------------------------------------------------------
-- Patients
----------------------------------------------------------------------------------------------------------------------

CREATE TABLE patients (
    company_id     uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id             uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_number text        NOT NULL CHECK (length(patient_number) BETWEEN 1 AND 30),
    first_name     text        NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name      text        NOT NULL CHECK (length(last_name)  BETWEEN 1 AND 100),
    birth_date     date        CHECK (birth_date BETWEEN '1850-01-01' AND '2200-01-01'),   -- NULL: not known
    gender         text        NOT NULL DEFAULT 'unknown' CHECK (gender IN ('female', 'male', 'other', 'unknown')),
    email          text        CHECK (length(email) <= 254),
    phone          text        CHECK (length(phone) <= 50),
    address_line1  text        CHECK (length(address_line1) <= 200),
    address_line2  text        CHECK (length(address_line2) <= 200),
    postal_code    text        CHECK (length(postal_code) <= 20),
    city           text        CHECK (length(city) <= 100),
    country        text        CHECK (country ~ '^[A-Z]{2}$'),
    language       text        CHECK (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),              -- NULL: the clinic's
    notes          text        CHECK (length(notes) <= 10000),                           -- administrative, not clinical
    sort_name      text        COLLATE "C" NOT NULL CHECK (length(sort_name) <= 300),    -- "last first", folded by Rust
    merged_into_id uuid        CHECK (merged_into_id <> id),                             -- the patient this one duplicates
    erased_at      timestamptz,                                                          -- identity erased on demand
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    version        int         NOT NULL DEFAULT 1,
    deleted_at     timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT patients_patient_number_key  UNIQUE (company_id, patient_number),
    CONSTRAINT patients_merged_into_id_fkey FOREIGN KEY (company_id, merged_into_id) REFERENCES patients
);
-- Read forwards and backwards: ascending and descending pages alike.
CREATE INDEX patients_sort_name_idx      ON patients (company_id, sort_name, id);
CREATE INDEX patients_created_at_idx     ON patients (company_id, created_at, id);
CREATE INDEX patients_birth_date_idx     ON patients (company_id, birth_date, id);
-- The archive is a small part, which would otherwise be looked for among all rows.
CREATE INDEX patients_archived_sort_name_idx  ON patients (company_id, sort_name, id)  WHERE deleted_at IS NOT NULL;
CREATE INDEX patients_archived_created_at_idx ON patients (company_id, created_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX patients_merged_into_id_idx ON patients (company_id, merged_into_id) WHERE merged_into_id IS NOT NULL;
-- A merge is a pointer: no row moves, so that signed ones stay as they were signed, and undoing it is one UPDATE.
SELECT app.protect('patients', audit_patient => 'id', deletes => '{merged_into_id,erased_at}',
    admin => 'RWD', manager => 'RWD', practitioner => 'RW', nurse => 'RW', secretary => 'RW', readonly => 'R');
-- What a patient was merged into is itself no duplicate, and no duplicate has duplicates: so there are neither chains nor rings.
-- Its row is locked, so that of two merges at once the second sees what the first has done.
CREATE FUNCTION app.keep_merges_flat() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    flat boolean;
BEGIN
    EXECUTE format('SELECT p.deleted_at IS NULL AND p.merged_into_id IS NULL FROM %s p '
                   'WHERE p.company_id = $1 AND p.id = $2 FOR NO KEY UPDATE', TG_RELID::regclass)
       INTO flat USING NEW.company_id, NEW.merged_into_id;
    IF flat THEN
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s p WHERE p.company_id = $1 AND p.merged_into_id = $2)', TG_RELID::regclass)
           INTO flat USING NEW.company_id, NEW.id;
    END IF;
    IF flat IS NOT TRUE THEN
        RAISE EXCEPTION 'a merge goes to a patient who is none, from one who has none'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'patients_merged_into_id_flat', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER flat BEFORE UPDATE OF merged_into_id ON patients FOR EACH ROW
    WHEN (NEW.merged_into_id IS NOT NULL AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id)
    EXECUTE FUNCTION app.keep_merges_flat();
-- Mail about patients, and nothing else of them, is the worker's.
GRANT SELECT (company_id, id, first_name, last_name, email, language, deleted_at) ON patients TO medicalpro_worker;

-- The clinic's next number: its prefix and this. Gaps are of no consequence here, and what was typed or imported is skipped.
CREATE SEQUENCE patient_number_seq;
GRANT USAGE ON SEQUENCE patient_number_seq
   TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary;
-- By the rights of its caller, whose search_path names the clinic's schema also when that is renamed.
CREATE FUNCTION app.next_patient_number() RETURNS text LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    prefix text := (SELECT s.patient_number_prefix FROM clinic_settings s WHERE s.company_id = app.clinic_id());
    digits text;
    number text;
BEGIN
    LOOP
        digits := nextval('patient_number_seq')::text;
        number := prefix || '-' || lpad(digits, greatest(6, length(digits)), '0');
        EXIT WHEN NOT EXISTS (SELECT FROM patients p WHERE p.company_id = app.clinic_id() AND p.patient_number = number);
    END LOOP;
    RETURN number;
END $$;
GRANT EXECUTE ON FUNCTION app.next_patient_number()
   TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary;

-- Folded words that a patient is found by, kept by Rust: term >= $1 AND term < $2. Under row security only leakproof
-- operators use an index, which rules out LIKE, trigrams and full text. What begins with a capital is no word: see Rust.
-- The patient's places in the orders of a list lie beside each word, in its index: what a common beginning finds is sorted
-- before the first patient is fetched.
CREATE TABLE patient_search_terms (
    company_id uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    term       text        COLLATE "C" NOT NULL CHECK (length(term) BETWEEN 1 AND 100),
    patient_id uuid        NOT NULL,
    sort_name  text        COLLATE "C" NOT NULL CHECK (length(sort_name) <= 300),
    entered_at timestamptz NOT NULL,                                                         -- the patient's created_at
    PRIMARY KEY (company_id, term, patient_id) INCLUDE (sort_name, entered_at),
    CONSTRAINT patient_search_terms_patient_id_fkey FOREIGN KEY (company_id, patient_id) REFERENCES patients ON DELETE CASCADE
);
CREATE INDEX patient_search_terms_patient_id_idx ON patient_search_terms (company_id, patient_id);
SELECT app.protect('patient_search_terms', audited => false, fixed => '{term,patient_id,entered_at}',
    admin => 'RWX', manager => 'RWX', practitioner => 'RWX', nurse => 'RWX', secretary => 'RWX', readonly => 'R');

-- One a patient; apart from patients because other roles may see it.
CREATE TABLE patient_clinical_profiles (
    company_id  uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    patient_id  uuid        NOT NULL,
    blood_type  text        CHECK (blood_type IN ('A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-')),
    allergies   jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(allergies)   = 'array'),
    conditions  jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(conditions)  = 'array'),
    medications jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(medications) = 'array'),
    history     text        CHECK (length(history) <= 50000),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    version     int         NOT NULL DEFAULT 1,
    deleted_at  timestamptz,
    PRIMARY KEY (company_id, patient_id),
    CONSTRAINT patient_clinical_profiles_patient_id_fkey FOREIGN KEY (company_id, patient_id) REFERENCES patients
);
SELECT app.protect('patient_clinical_profiles', audit_id => 'patient_id', fixed => '{patient_id}',
    admin => 'RWD', practitioner => 'RW', nurse => 'RW');

----------------------------------------------------------------------------------------------------------------------
-- Requests and mail
----------------------------------------------------------------------------------------------------------------------

-- Answers to repeated requests, stored in the transaction that they answer. A user sees their own only, and those only in
-- the role they were given in: an answer may hold what a later, lesser role must not read.
CREATE TABLE idempotency_keys (
    company_id   uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    user_id      uuid        NOT NULL,
    operation    text        NOT NULL CHECK (length(operation) BETWEEN 1 AND 100),
    key          text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    session_role text        NOT NULL DEFAULT current_user,
    request_hash bytea       NOT NULL CHECK (octet_length(request_hash) = 32),
    status       int         CHECK (status BETWEEN 200 AND 599),                          -- NULL: not answered yet
    response     text,
    headers      jsonb       CHECK (jsonb_typeof(headers) = 'object'),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (company_id, user_id, operation, key)
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (company_id, created_at);
SELECT app.protect('idempotency_keys', audited => false, fixed => '{user_id,operation,key,session_role,request_hash}',
    admin => 'RW', manager => 'RW', practitioner => 'RW', nurse => 'RW', secretary => 'RW', worker => 'X');
-- What only its user may read is in no statistics.
ALTER TABLE idempotency_keys ALTER response SET STATISTICS 0, ALTER headers SET STATISTICS 0;
GRANT SELECT (company_id, created_at) ON idempotency_keys TO medicalpro_worker;           -- to find the outworn ones
CREATE POLICY own ON idempotency_keys AS RESTRICTIVE
    TO medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary
    USING      (user_id = (SELECT app.user_id()) AND session_role = current_user)
    WITH CHECK (user_id = (SELECT app.user_id()) AND session_role = current_user);

-- Mail about patients, written in the transaction that causes it and sent by the worker. The payload is what its text says
-- beyond patient and clinic, which are looked up when it is sent; never a token.
CREATE TABLE email_outbox (
    company_id      uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    kind            text        NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    language        text        NOT NULL CHECK (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    patient_id      uuid        NOT NULL,
    payload         jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    status          text        NOT NULL DEFAULT 'pending'                                  -- closed: its cause was gone before it was sent
                                CHECK (status IN ('pending', 'sent', 'closed', 'failed')),
    attempts        int         NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    leased_by       text        CHECK (length(leased_by) <= 100),
    leased_until    timestamptz,
    last_error      text        CHECK (length(last_error) <= 1000),
    sent_at         timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    version         int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT email_outbox_patient_id_fkey FOREIGN KEY (company_id, patient_id) REFERENCES patients
);
CREATE INDEX email_outbox_due_idx        ON email_outbox (company_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX email_outbox_patient_id_idx ON email_outbox (company_id, patient_id);
CREATE INDEX email_outbox_ended_idx      ON email_outbox (company_id, updated_at) WHERE status <> 'pending';
SELECT app.protect('email_outbox', audited => false, fixed => '{kind,language,patient_id,payload}',
    signs => '{status,attempts,leased_by,leased_until,last_error,sent_at}',
    admin => 'C', manager => 'C', practitioner => 'C', nurse => 'C', secretary => 'C', worker => 'RUSX');
