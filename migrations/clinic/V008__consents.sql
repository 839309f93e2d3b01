-- Informed consent: versioned, translated templates, and what each patient was told, word for word.

-- A template's revisions bear one code. A published one is not changed: a new text is a new revision.
CREATE TABLE consent_templates (
    company_id   uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id           uuid        NOT NULL DEFAULT gen_random_uuid(),
    code         text        NOT NULL CHECK (length(code) BETWEEN 1 AND 100),
    revision     int         NOT NULL DEFAULT 1 CHECK (revision > 0),
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description  text        CHECK (length(description) <= 2000),
    valid_months smallint    CHECK (valid_months BETWEEN 1 AND 1200),                 -- NULL: until it is withdrawn
    status       text        NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'retired')),
    published_at timestamptz,
    retired_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    version      int         NOT NULL DEFAULT 1,
    deleted_at   timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT consent_templates_revision_key UNIQUE (company_id, code, revision)
);
CREATE INDEX consent_templates_name_idx       ON consent_templates (company_id, name, id);
CREATE INDEX consent_templates_created_at_idx ON consent_templates (company_id, created_at, id);
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON consent_templates FOR EACH ROW
    EXECUTE FUNCTION app.freeze('draft', 'published_at', 'retired_at', 'deleted_at');
CREATE TRIGGER path BEFORE INSERT OR UPDATE OF status ON consent_templates FOR EACH ROW
    EXECUTE FUNCTION app.follow_path('MP022', '>draft', 'draft>published', 'draft>retired', 'published>retired');
SELECT app.protect('consent_templates', fixed => '{code,revision}', automatic => '{published_at,retired_at}',
    admin => 'RWD', manager => 'RWD', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R');

CREATE TABLE consent_template_translations (
    company_id  uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    template_id uuid        NOT NULL,
    language    text        NOT NULL CHECK (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    title       text        NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    body        text        NOT NULL CHECK (length(body)  BETWEEN 1 AND 100000),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    version     int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT consent_template_translations_language_key     UNIQUE (company_id, template_id, language),
    CONSTRAINT consent_template_translations_template_id_fkey FOREIGN KEY (company_id, template_id) REFERENCES consent_templates
);
CREATE TRIGGER draft_only BEFORE INSERT OR UPDATE OR DELETE ON consent_template_translations FOR EACH ROW
    EXECUTE FUNCTION app.require_parent_status('consent_templates', 'template_id', 'MP021', 'draft');
SELECT app.protect('consent_template_translations', fixed => '{template_id,language}',
    admin => 'RWX', manager => 'RWX', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R');

CREATE TABLE consents (
    company_id        uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id                uuid        NOT NULL DEFAULT gen_random_uuid(),
    patient_id        uuid        NOT NULL,
    template_id       uuid        NOT NULL,
    language          text        NOT NULL,
    practitioner_id   uuid,
    appointment_id    uuid,
    title             text        NOT NULL,
    body              text        NOT NULL,
    text_hash         bytea       NOT NULL,                       -- SHA-256 of title, a line feed, body, in UTF-8
    status            text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'signed', 'refused', 'withdrawn')),
    signer_name       text        CHECK (length(signer_name) BETWEEN 1 AND 200),
    signer_relation   text        CHECK (signer_relation IN ('self', 'parent', 'guardian', 'representative')),
    signature         text        CHECK (length(signature) <= 500000),              -- drawn, as SVG or a data URL
    evidence          jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(evidence) = 'object'),     -- how it was given
    refusal_reason    text        CHECK (length(refusal_reason) <= 2000),
    withdrawal_reason text        CHECK (length(withdrawal_reason) <= 2000),
    valid_until       date,
    created_by        uuid        NOT NULL DEFAULT app.user_id(),
    signed_at         timestamptz,
    signed_by         uuid,                                       -- the user at whose desk, or the link by which
    refused_at        timestamptz,
    refused_by        uuid,
    withdrawn_at      timestamptz,
    withdrawn_by      uuid,
    content_hash      bytea,                                      -- of all that was signed or refused: app.content_hash
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    version           int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT consents_patient_id_fkey      FOREIGN KEY (company_id, patient_id)      REFERENCES patients,
    CONSTRAINT consents_template_id_fkey     FOREIGN KEY (company_id, template_id)     REFERENCES consent_templates,
    CONSTRAINT consents_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners,
    CONSTRAINT consents_appointment_id_fkey  FOREIGN KEY (company_id, appointment_id)  REFERENCES appointments,
    CONSTRAINT consents_signed_check         CHECK (status <> 'signed' OR num_nulls(signed_at, signer_name, content_hash) = 0)
);
CREATE INDEX consents_patient_id_idx      ON consents (company_id, patient_id, created_at, id);
CREATE INDEX consents_template_id_idx     ON consents (company_id, template_id);
CREATE INDEX consents_practitioner_id_idx ON consents (company_id, practitioner_id);
CREATE INDEX consents_appointment_id_idx  ON consents (company_id, appointment_id);
CREATE INDEX consents_created_at_idx      ON consents (company_id, created_at, id);
CREATE INDEX consents_status_idx          ON consents (company_id, status, created_at, id);

-- The words come from a published template, not from a client.
CREATE VIEW app.published_consent_texts WITH (security_invoker = true) AS
    SELECT t.id AS template_id, x.language, x.title, x.body
      FROM consent_templates t
      JOIN consent_template_translations x ON x.company_id = t.company_id AND x.template_id = t.id
     WHERE t.status = 'published' AND t.deleted_at IS NULL;

CREATE FUNCTION app.copy_consent_text() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT x.title, x.body, sha256(convert_to(x.title || E'\n' || x.body, 'UTF8'))
      INTO NEW.title, NEW.body, NEW.text_hash
      FROM app.published_consent_texts x
     WHERE x.template_id = NEW.template_id AND x.language = NEW.language;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no published text in %', NEW.language USING ERRCODE = 'MP022', TABLE = TG_TABLE_NAME, COLUMN = 'template_id';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER copy_text BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION app.copy_consent_text();
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON consents FOR EACH ROW
    EXECUTE FUNCTION app.freeze('pending', 'withdrawn_at', 'withdrawn_by', 'withdrawal_reason');
CREATE TRIGGER path BEFORE INSERT OR UPDATE OF status ON consents FOR EACH ROW
    EXECUTE FUNCTION app.follow_path('MP022', '>pending', 'pending>signed', 'pending>refused', 'signed>withdrawn');
CREATE TRIGGER seal BEFORE UPDATE OF status ON consents FOR EACH ROW
    WHEN (OLD.status = 'pending' AND NEW.status <> 'pending')
    EXECUTE FUNCTION app.seal('withdrawn_at', 'withdrawn_by', 'withdrawal_reason');
SELECT app.protect('consents', fixed => '{patient_id,template_id,language}',
    automatic => '{title,body,text_hash,created_by,signed_at,signed_by,refused_at,refused_by,withdrawn_at,withdrawn_by,content_hash}',
    admin => 'RW', manager => 'R', practitioner => 'RW', nurse => 'RW', secretary => 'RW');

----------------------------------------------------------------------------------------------------------------------
-- A patient signs by a one-time link. Its context: role medicalpro_link, the link's id as the user. The functions take from
-- the caller nothing that says whose consent it is.
----------------------------------------------------------------------------------------------------------------------

CREATE TABLE consent_signing_links (
    company_id uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    consent_id uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    revoked_at timestamptz,
    created_by uuid        NOT NULL DEFAULT app.user_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    version    int         NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT consent_signing_links_consent_id_fkey FOREIGN KEY (company_id, consent_id) REFERENCES consents,
    CONSTRAINT consent_signing_links_expiry_check    CHECK (expires_at > created_at AND expires_at <= created_at + interval '31 days')
);
CREATE INDEX consent_signing_links_consent_id_idx ON consent_signing_links (company_id, consent_id, created_at, id);
SELECT app.protect('consent_signing_links', fixed => '{consent_id,expires_at}', automatic => '{used_at,created_by}',
    admin => 'RW', practitioner => 'RW', nurse => 'RW', secretary => 'RW');

-- What the link's page shows; no row when the link was used, revoked or outlived, or the consent is no longer open.
CREATE FUNCTION app.link_consent()
RETURNS TABLE (consent_id uuid, language text, title text, body text, patient_first_name text, clinic_name text, expires_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT app.record_access('read', 'consents', ARRAY[c.id], ARRAY[c.patient_id])
      FROM consent_signing_links l
      JOIN consents c ON c.company_id = l.company_id AND c.id = l.consent_id
     WHERE l.id = (SELECT app.user_id());
    SELECT c.id, c.language, c.title, c.body, p.first_name, s.name, l.expires_at
      FROM consent_signing_links l
      JOIN consents c        ON c.company_id = l.company_id AND c.id = l.consent_id
      JOIN patients p        ON p.company_id = c.company_id AND p.id = c.patient_id
      JOIN clinic_settings s ON s.company_id = l.company_id
     WHERE l.id = (SELECT app.user_id())
       AND l.used_at IS NULL AND l.revoked_at IS NULL AND l.expires_at > now()
       AND c.status = 'pending';
END;

-- Signs or refuses, and uses the link up; whichever comes first of two at once. NULL: the link no longer stands.
CREATE FUNCTION app.link_consent_answer(answer text, signer_name text, signer_relation text, signature text, evidence jsonb,
                                        refusal_reason text)
RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    WITH used AS (
        UPDATE consent_signing_links l
           SET used_at = now()
         WHERE l.id = (SELECT app.user_id())
           AND l.used_at IS NULL AND l.revoked_at IS NULL AND l.expires_at > now()
           AND answer IN ('signed', 'refused')
        RETURNING l.company_id, l.consent_id
    )
    UPDATE consents c
       SET status          = answer,
           signer_name     = link_consent_answer.signer_name,
           signer_relation = link_consent_answer.signer_relation,
           signature       = link_consent_answer.signature,
           evidence        = COALESCE(link_consent_answer.evidence, '{}'),
           refusal_reason  = link_consent_answer.refusal_reason
      FROM used u
     WHERE c.company_id = u.company_id AND c.id = u.consent_id
    RETURNING c.status;
END;

GRANT EXECUTE ON FUNCTION app.link_consent(), app.link_consent_answer(text, text, text, text, jsonb, text) TO medicalpro_link;
