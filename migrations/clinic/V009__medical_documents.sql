-- Attached files, and who may see a patient's medical data where the clinic goes by care teams.

CREATE TABLE medical_documents (
    company_id        uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id                uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id        uuid        NOT NULL,
    medical_record_id uuid,
    kind              text        NOT NULL DEFAULT 'other' CHECK (length(kind) BETWEEN 1 AND 50),
    title             text        NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description       text        CHECK (length(description) <= 2000),
    file_name         text        NOT NULL CHECK (length(file_name) BETWEEN 1 AND 255),
    media_type        text        NOT NULL CHECK (media_type ~ '^[a-z0-9.+-]+/[a-z0-9.+-]+$' AND length(media_type) <= 127),
    byte_size         bigint      NOT NULL CHECK (byte_size BETWEEN 1 AND 26214400),                     -- 25 MiB
    sha256            bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    documented_on     date,
    created_by        uuid        NOT NULL DEFAULT app.user_id(),
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    version           int         NOT NULL DEFAULT 1,
    deleted_at        timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT medical_documents_patient_id_fkey        FOREIGN KEY (company_id, patient_id)        REFERENCES patients,
    CONSTRAINT medical_documents_medical_record_id_fkey FOREIGN KEY (company_id, medical_record_id) REFERENCES medical_records
);
CREATE INDEX medical_documents_patient_id_idx        ON medical_documents (company_id, patient_id, created_at, id);
CREATE INDEX medical_documents_medical_record_id_idx ON medical_documents (company_id, medical_record_id);
CREATE INDEX medical_documents_created_at_idx        ON medical_documents (company_id, created_at, id);
SELECT app.protect('medical_documents', fixed => '{patient_id,file_name,media_type,byte_size,sha256}', automatic => '{created_by}',
    admin => 'RWD', practitioner => 'RW', nurse => 'RW');

-- The file itself, in pieces, so that neither side holds 25 MiB in memory, and apart, so that a list never reads it. Written
-- once. Its audit row is the document's. DELETE: erasure, once the law no longer keeps the file.
CREATE TABLE medical_document_contents (
    company_id  uuid  NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    document_id uuid  NOT NULL,
    piece       int   NOT NULL CHECK (piece BETWEEN 0 AND 999),
    bytes       bytea NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 1048576),
    PRIMARY KEY (company_id, document_id, piece),
    CONSTRAINT medical_document_contents_document_id_fkey FOREIGN KEY (company_id, document_id) REFERENCES medical_documents
);
ALTER TABLE medical_document_contents ALTER bytes SET STORAGE EXTERNAL;              -- scans and pictures: compressed already
SELECT app.protect('medical_document_contents', audited => false, fixed => '{document_id,piece,bytes}',
    admin => 'RCX', practitioner => 'RC', nurse => 'RC');

----------------------------------------------------------------------------------------------------------------------
-- Care teams
----------------------------------------------------------------------------------------------------------------------

-- Who looks after whom, by account: nurses are no practitioners.
CREATE TABLE patient_care_team (
    company_id      uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id      uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    practitioner_id uuid,
    function        text        NOT NULL DEFAULT 'member' CHECK (function IN ('lead', 'member', 'substitute')),
    ends_at         timestamptz,                                                              -- NULL: until further notice
    created_by      uuid        NOT NULL DEFAULT app.user_id(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    version         int         NOT NULL DEFAULT 1,
    deleted_at      timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT patient_care_team_patient_id_fkey      FOREIGN KEY (company_id, patient_id)      REFERENCES patients,
    CONSTRAINT patient_care_team_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners
);
CREATE UNIQUE INDEX patient_care_team_user_id_key         ON patient_care_team (company_id, user_id, patient_id) WHERE deleted_at IS NULL;
CREATE INDEX        patient_care_team_patient_id_idx      ON patient_care_team (company_id, patient_id, created_at, id);
CREATE INDEX        patient_care_team_practitioner_id_idx ON patient_care_team (company_id, practitioner_id);
SELECT app.protect('patient_care_team', fixed => '{patient_id,user_id}', automatic => '{created_by}',
    admin => 'RWD', practitioner => 'RW', nurse => 'RW');

-- Access taken in an emergency, with a reason, for hours at most, by oneself and for oneself; the administrator reviews it.
CREATE TABLE break_glass_grants (
    company_id  uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id  uuid        NOT NULL,
    user_id     uuid        NOT NULL DEFAULT app.user_id(),
    reason      text        NOT NULL CHECK (length(btrim(reason)) BETWEEN 10 AND 2000),
    expires_at  timestamptz NOT NULL DEFAULT now() + interval '4 hours',
    reviewed_at timestamptz,
    reviewed_by uuid,
    review      text        CHECK (length(review) <= 2000),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    version     int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT break_glass_grants_patient_id_fkey FOREIGN KEY (company_id, patient_id) REFERENCES patients,
    CONSTRAINT break_glass_grants_expiry_check    CHECK (expires_at > created_at AND expires_at <= created_at + interval '24 hours')
);
CREATE INDEX break_glass_grants_patient_id_idx ON break_glass_grants (company_id, patient_id, created_at, id);
CREATE INDEX break_glass_grants_user_id_idx    ON break_glass_grants (company_id, user_id, expires_at);
CREATE INDEX break_glass_grants_created_at_idx ON break_glass_grants (company_id, created_at, id);
SELECT app.protect('break_glass_grants', automatic => '{user_id}', signs => '{reviewed_at,reviewed_by,review}',
    admin => 'RCS', practitioner => 'RC', nurse => 'RC');
CREATE POLICY own ON break_glass_grants AS RESTRICTIVE TO medicalpro_practitioner, medicalpro_nurse
    USING      (user_id = (SELECT app.user_id()))
    WITH CHECK (user_id = (SELECT app.user_id()));

-- The patients whose medical data the caller may see where care teams are required. Asked under the caller's own policies.
CREATE VIEW app.patients_in_care WITH (security_invoker = true) AS
    SELECT t.patient_id FROM patient_care_team t
     WHERE t.user_id = (SELECT app.user_id()) AND t.deleted_at IS NULL AND (t.ends_at IS NULL OR t.ends_at > now())
    UNION ALL
    SELECT g.patient_id FROM break_glass_grants g
     WHERE g.user_id = (SELECT app.user_id()) AND g.expires_at > now();
-- No settings, no row, NULL: closed.
CREATE VIEW app.care_rule WITH (security_invoker = true) AS SELECT s.care_team_required FROM clinic_settings s;
GRANT SELECT ON app.patients_in_care, app.care_rule TO medicalpro_admin, medicalpro_practitioner, medicalpro_nurse;

CREATE POLICY care_team ON patient_clinical_profiles AS RESTRICTIVE TO medicalpro_admin, medicalpro_practitioner, medicalpro_nurse
    USING (NOT (SELECT care_team_required FROM app.care_rule) OR patient_id IN (SELECT patient_id FROM app.patients_in_care));
CREATE POLICY care_team ON medical_records AS RESTRICTIVE TO medicalpro_admin, medicalpro_practitioner, medicalpro_nurse
    USING (NOT (SELECT care_team_required FROM app.care_rule) OR patient_id IN (SELECT patient_id FROM app.patients_in_care));
CREATE POLICY care_team ON prescriptions AS RESTRICTIVE TO medicalpro_admin, medicalpro_practitioner, medicalpro_nurse
    USING (NOT (SELECT care_team_required FROM app.care_rule) OR patient_id IN (SELECT patient_id FROM app.patients_in_care));
CREATE POLICY care_team ON medical_documents AS RESTRICTIVE TO medicalpro_admin, medicalpro_practitioner, medicalpro_nurse
    USING (NOT (SELECT care_team_required FROM app.care_rule) OR patient_id IN (SELECT patient_id FROM app.patients_in_care));
-- What hangs on one of these is seen with it.
CREATE POLICY care_team ON medical_record_versions AS RESTRICTIVE TO medicalpro_admin, medicalpro_practitioner, medicalpro_nurse
    USING (EXISTS (SELECT FROM medical_records r WHERE r.company_id = medical_record_versions.company_id AND r.id = record_id));
CREATE POLICY care_team ON medical_record_addenda AS RESTRICTIVE TO medicalpro_admin, medicalpro_practitioner, medicalpro_nurse
    USING (EXISTS (SELECT FROM medical_records r WHERE r.company_id = medical_record_addenda.company_id AND r.id = record_id));
CREATE POLICY care_team ON medical_document_contents AS RESTRICTIVE TO medicalpro_admin, medicalpro_practitioner, medicalpro_nurse
    USING (EXISTS (SELECT FROM medical_documents d WHERE d.company_id = medical_document_contents.company_id AND d.id = document_id));

-- What only a patient's team may read is in no statistics: who may plan asks them about everybody's rows.
DO $$
DECLARE
    words record;
BEGIN
    FOR words IN SELECT a.attrelid::regclass AS tab, a.attname
                   FROM pg_attribute a JOIN pg_policy p ON p.polrelid = a.attrelid AND p.polname = 'care_team'
                  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'text'::regtype AND a.attname NOT IN ('kind', 'status')
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER %I SET STATISTICS 0', words.tab, words.attname);
    END LOOP;
END $$;

-- Where teams are required, a team takes in its members; only a patient without one may be taken on by whoever comes first.
-- Otherwise joining would be breaking the glass without a reason. A definer: a policy may not ask its own table.
CREATE FUNCTION app.may_join_care_team(patient uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT NOT (SELECT s.care_team_required FROM clinic_settings s)
        OR NOT EXISTS (SELECT FROM patient_care_team t
                        WHERE t.patient_id = patient AND t.deleted_at IS NULL AND (t.ends_at IS NULL OR t.ends_at > now()))
        OR EXISTS (SELECT FROM patient_care_team t
                    WHERE t.patient_id = patient AND t.user_id = (SELECT app.user_id())
                      AND t.deleted_at IS NULL AND (t.ends_at IS NULL OR t.ends_at > now()));
END;
GRANT EXECUTE ON FUNCTION app.may_join_care_team(uuid) TO medicalpro_practitioner, medicalpro_nurse;
CREATE POLICY joining ON patient_care_team AS RESTRICTIVE FOR INSERT TO medicalpro_practitioner, medicalpro_nurse
    WITH CHECK (app.may_join_care_team(patient_id));
CREATE POLICY prolonging ON patient_care_team AS RESTRICTIVE FOR UPDATE TO medicalpro_practitioner, medicalpro_nurse
    USING (true) WITH CHECK (app.may_join_care_team(patient_id));
