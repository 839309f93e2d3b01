-- Medical records and prescriptions: draft, then signed, and from then on unchangeable.

-- BEFORE UPDATE OR DELETE. Arguments: the status in which a row may still be changed, then the columns that may change after.
CREATE FUNCTION app.freeze() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    free text[] := TG_ARGV[1:] || ARRAY['status', 'version', 'updated_at'];
BEGIN
    IF OLD.status <> TG_ARGV[0] AND (TG_OP = 'DELETE' OR to_jsonb(NEW) - free <> to_jsonb(OLD) - free) THEN
        RAISE EXCEPTION '% that is % is not changed', TG_TABLE_NAME, OLD.status USING ERRCODE = 'MP021', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- BEFORE INSERT, UPDATE or DELETE of a child. Arguments: the parent's table, the column that refers to it, the SQLSTATE of a
-- refusal, then the parent's statuses in which its children may change. FOR SHARE: signing the parent waits for us, or we for
-- it. A definer, since a job that may write the child need not be one that may lock the parent.
CREATE FUNCTION app.require_parent_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    child  jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
    status text;
BEGIN
    EXECUTE format('SELECT p.status FROM %I.%I p WHERE p.company_id = $1 AND p.id = $2 FOR SHARE', TG_TABLE_SCHEMA, TG_ARGV[0])
       INTO status
      USING (child ->> 'company_id')::uuid, (child ->> TG_ARGV[1])::uuid;
    IF status <> ALL (TG_ARGV[3:]) THEN                            -- no parent at all: the foreign key says so
        RAISE EXCEPTION '% of % that is %', TG_TABLE_NAME, TG_ARGV[0], status USING ERRCODE = TG_ARGV[2], TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- SHA-256 of what was signed: the row as jsonb (keys in jsonb's own order, times in UTC) without what may change later, and
-- without NULLs, so that a column added one day does not change it. Called with the stored row it gives the stored hash.
CREATE FUNCTION app.content_hash(content jsonb, later text[]) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT sha256(convert_to(jsonb_strip_nulls(content - later - ARRAY['status', 'version', 'created_at', 'updated_at', 'content_hash'])::text,
                             'UTF8'))
$$;

-- BEFORE UPDATE OF status, after `path`, when a row leaves its draft. Arguments: the columns that may change later.
CREATE FUNCTION app.seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
BEGIN
    NEW.content_hash := app.content_hash(to_jsonb(NEW), TG_ARGV[0:]);
    RETURN NEW;
END $$;

CREATE TABLE medical_records (
    company_id      uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id      uuid        NOT NULL,
    practitioner_id uuid        NOT NULL,
    appointment_id  uuid,
    kind            text        NOT NULL DEFAULT 'consultation' CHECK (length(kind) BETWEEN 1 AND 50),
    occurred_at     timestamptz NOT NULL DEFAULT now(),
    title           text        CHECK (length(title) <= 200),
    reason          text        CHECK (length(reason)      <= 5000),
    subjective      text        CHECK (length(subjective)  <= 50000),     -- SOAP: what the patient says
    objective       text        CHECK (length(objective)   <= 50000),     --       what is found
    assessment      text        CHECK (length(assessment)  <= 50000),     --       what it is
    plan            text        CHECK (length(plan)        <= 50000),     --       what is done about it
    diagnoses       jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(diagnoses) = 'array'),     -- {code, label}
    vitals          jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(vitals)    = 'object'),
    status          text        NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'signed', 'locked')),
    created_by      uuid        NOT NULL DEFAULT app.user_id(),
    signed_at       timestamptz,
    signed_by       uuid,
    locked_at       timestamptz,
    locked_by       uuid,
    content_hash    bytea,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    version         int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT medical_records_patient_id_fkey      FOREIGN KEY (company_id, patient_id)      REFERENCES patients,
    CONSTRAINT medical_records_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners,
    CONSTRAINT medical_records_appointment_id_fkey  FOREIGN KEY (company_id, appointment_id)  REFERENCES appointments,
    CONSTRAINT medical_records_signature_check      CHECK (status = 'draft' OR num_nulls(signed_at, signed_by, content_hash) = 0)
);
CREATE INDEX medical_records_patient_id_idx      ON medical_records (company_id, patient_id, occurred_at, id);
CREATE INDEX medical_records_practitioner_id_idx ON medical_records (company_id, practitioner_id, occurred_at, id);
CREATE INDEX medical_records_appointment_id_idx  ON medical_records (company_id, appointment_id);
CREATE INDEX medical_records_occurred_at_idx     ON medical_records (company_id, occurred_at, id);
CREATE INDEX medical_records_created_at_idx      ON medical_records (company_id, created_at, id);
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON medical_records FOR EACH ROW
    EXECUTE FUNCTION app.freeze('draft', 'locked_at', 'locked_by');
CREATE TRIGGER path BEFORE INSERT OR UPDATE OF status ON medical_records FOR EACH ROW
    EXECUTE FUNCTION app.follow_path('MP022', '>draft', 'draft>signed', 'signed>locked');
CREATE TRIGGER seal BEFORE UPDATE OF status ON medical_records FOR EACH ROW
    WHEN (OLD.status = 'draft' AND NEW.status <> 'draft')
    EXECUTE FUNCTION app.seal('locked_at', 'locked_by');
-- A nurse writes drafts and cannot sign: that is `status`.
SELECT app.protect('medical_records', fixed => '{patient_id}', signs => '{status}',
    automatic => '{created_by,signed_at,signed_by,locked_at,locked_by,content_hash}',
    admin => 'RWS', practitioner => 'RWS', nurse => 'RW');

-- Every state that a record was ever in, by trigger.
CREATE TABLE medical_record_versions (
    company_id uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    record_id  uuid        NOT NULL,
    version    int         NOT NULL,
    content    jsonb       NOT NULL,
    changed_by uuid        NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (company_id, record_id, version),
    CONSTRAINT medical_record_versions_record_id_fkey FOREIGN KEY (company_id, record_id) REFERENCES medical_records
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON medical_record_versions
    FOR EACH STATEMENT EXECUTE FUNCTION app.forbid_change();
SELECT app.protect('medical_record_versions', audited => false, admin => 'R', practitioner => 'R', nurse => 'R');

CREATE FUNCTION app.keep_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.medical_record_versions (record_id, version, content, changed_by) VALUES ($1, $2, $3, $4)', TG_TABLE_SCHEMA)
      USING NEW.id, NEW.version, to_jsonb(NEW), app.user_id();
    RETURN NULL;
END $$;
CREATE TRIGGER history AFTER INSERT OR UPDATE ON medical_records FOR EACH ROW EXECUTE FUNCTION app.keep_version();

-- What is said about a record once it is signed. Never changed either.
CREATE TABLE medical_record_addenda (
    company_id uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    record_id  uuid        NOT NULL,
    body       text        NOT NULL CHECK (length(body) BETWEEN 1 AND 50000),
    created_by uuid        NOT NULL DEFAULT app.user_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (company_id, id),
    CONSTRAINT medical_record_addenda_record_id_fkey FOREIGN KEY (company_id, record_id) REFERENCES medical_records
);
CREATE INDEX medical_record_addenda_record_id_idx ON medical_record_addenda (company_id, record_id, created_at, id);
CREATE TRIGGER after_signing BEFORE INSERT ON medical_record_addenda FOR EACH ROW
    EXECUTE FUNCTION app.require_parent_status('medical_records', 'record_id', 'MP022', 'signed', 'locked');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON medical_record_addenda
    FOR EACH STATEMENT EXECUTE FUNCTION app.forbid_change();
SELECT app.protect('medical_record_addenda', automatic => '{created_by}',
    admin => 'RC', practitioner => 'RC', nurse => 'R');

CREATE TABLE prescriptions (
    company_id          uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id                  uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id          uuid        NOT NULL,
    practitioner_id     uuid        NOT NULL,
    medical_record_id   uuid,
    prescribed_on       date        NOT NULL,
    valid_until         date,
    lines               jsonb       NOT NULL DEFAULT '[]'          -- {medication, form, dosage, frequency, duration, quantity, …}
                                    CHECK (jsonb_typeof(lines) = 'array'),
    notes               text        CHECK (length(notes) <= 10000),
    status              text        NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'finalised', 'cancelled')),
    cancellation_reason text        CHECK (length(cancellation_reason) <= 1000),
    created_by          uuid        NOT NULL DEFAULT app.user_id(),
    finalised_at        timestamptz,
    finalised_by        uuid,
    cancelled_at        timestamptz,
    cancelled_by        uuid,
    content_hash        bytea,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    version             int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT prescriptions_patient_id_fkey        FOREIGN KEY (company_id, patient_id)        REFERENCES patients,
    CONSTRAINT prescriptions_practitioner_id_fkey   FOREIGN KEY (company_id, practitioner_id)   REFERENCES practitioners,
    CONSTRAINT prescriptions_medical_record_id_fkey FOREIGN KEY (company_id, medical_record_id) REFERENCES medical_records,
    CONSTRAINT prescriptions_validity_check         CHECK (valid_until >= prescribed_on),
    CONSTRAINT prescriptions_finalised_check        CHECK (status <> 'finalised'
                                                           OR lines <> '[]' AND num_nulls(finalised_at, finalised_by, content_hash) = 0)
);
CREATE INDEX prescriptions_patient_id_idx        ON prescriptions (company_id, patient_id, prescribed_on, id);
CREATE INDEX prescriptions_practitioner_id_idx   ON prescriptions (company_id, practitioner_id, prescribed_on, id);
CREATE INDEX prescriptions_medical_record_id_idx ON prescriptions (company_id, medical_record_id);
CREATE INDEX prescriptions_prescribed_on_idx     ON prescriptions (company_id, prescribed_on, id);
CREATE INDEX prescriptions_created_at_idx        ON prescriptions (company_id, created_at, id);
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON prescriptions FOR EACH ROW
    EXECUTE FUNCTION app.freeze('draft', 'cancelled_at', 'cancelled_by', 'cancellation_reason');
CREATE TRIGGER path BEFORE INSERT OR UPDATE OF status ON prescriptions FOR EACH ROW
    EXECUTE FUNCTION app.follow_path('MP022', '>draft', 'draft>finalised', 'draft>cancelled', 'finalised>cancelled');
CREATE TRIGGER seal BEFORE UPDATE OF status ON prescriptions FOR EACH ROW
    WHEN (OLD.status = 'draft' AND NEW.status = 'finalised')
    EXECUTE FUNCTION app.seal('cancelled_at', 'cancelled_by', 'cancellation_reason');
SELECT app.protect('prescriptions', fixed => '{patient_id}', signs => '{status,cancellation_reason}',
    automatic => '{created_by,finalised_at,finalised_by,cancelled_at,cancelled_by,content_hash}',
    admin => 'RWS', practitioner => 'RWS', nurse => 'RW');
