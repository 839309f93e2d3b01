-- Quotes, invoices and credit notes: a number drawn at issue, gapless per type and year, and nothing changed after it.

CREATE TABLE documents (
    company_id          uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id                  uuid        NOT NULL DEFAULT gen_random_uuid(),
    kind                text        NOT NULL CHECK (kind IN ('quote', 'invoice', 'credit_note')),
    status              text        NOT NULL DEFAULT 'draft'
                                    CHECK (status IN ('draft', 'issued', 'sent', 'accepted', 'rejected', 'paid', 'cancelled')),
    number              text        CHECK (length(number) <= 40),
    patient_id          uuid        NOT NULL,
    practitioner_id     uuid,
    appointment_id      uuid,
    source_document_id  uuid        CHECK (source_document_id <> id),   -- the quote of an invoice, the invoice of a credit note
    language            text        CHECK (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),              -- NULL: the patient's
    currency            text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    net_cents           bigint      NOT NULL DEFAULT 0 CHECK (net_cents   BETWEEN 0 AND 1000000000000),    -- minor units
    tax_cents           bigint      NOT NULL DEFAULT 0 CHECK (tax_cents   BETWEEN 0 AND 1000000000000),
    total_cents         bigint      NOT NULL DEFAULT 0 CHECK (total_cents BETWEEN 0 AND 1000000000000),
    taxes               jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(taxes) = 'array'),           -- a rate a line
    notes               text        CHECK (length(notes) <= 10000),
    terms               text        CHECK (length(terms) <= 10000),
    issued_on           date,                                                                 -- the clinic's day
    due_on              date,
    valid_until         date,
    seller              jsonb,                                     -- who issued it, to whom: as they were on that day
    recipient           jsonb,
    paid_cents          bigint      NOT NULL DEFAULT 0,
    payment_method      text        CHECK (length(payment_method) <= 50),
    payment_reference   text        CHECK (length(payment_reference) <= 100),
    cancellation_reason text        CHECK (length(cancellation_reason) <= 1000),
    created_by          uuid        NOT NULL DEFAULT app.user_id(),
    issued_at           timestamptz,
    issued_by           uuid,
    sent_at             timestamptz,
    accepted_at         timestamptz,
    rejected_at         timestamptz,
    paid_at             timestamptz,
    cancelled_at        timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    version             int         NOT NULL DEFAULT 1,
    deleted_at          timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT documents_patient_id_fkey         FOREIGN KEY (company_id, patient_id)         REFERENCES patients,
    CONSTRAINT documents_practitioner_id_fkey    FOREIGN KEY (company_id, practitioner_id)    REFERENCES practitioners,
    CONSTRAINT documents_appointment_id_fkey     FOREIGN KEY (company_id, appointment_id)     REFERENCES appointments,
    CONSTRAINT documents_source_document_id_fkey FOREIGN KEY (company_id, source_document_id) REFERENCES documents,
    CONSTRAINT documents_number_key              UNIQUE (company_id, kind, number),
    CONSTRAINT documents_total_check             CHECK (total_cents = net_cents + tax_cents),
    CONSTRAINT documents_paid_check              CHECK (paid_cents BETWEEN 0 AND total_cents),
    CONSTRAINT documents_issue_check             CHECK ((status = 'draft') = (number IS NULL) AND (status = 'draft') = (issued_on IS NULL))
);
-- A quote becomes an invoice once.
CREATE UNIQUE INDEX documents_converted_once_key       ON documents (company_id, source_document_id) WHERE kind = 'invoice' AND deleted_at IS NULL;
CREATE INDEX        documents_source_document_id_idx   ON documents (company_id, source_document_id);
CREATE INDEX        documents_patient_id_idx           ON documents (company_id, patient_id, created_at, id);
CREATE INDEX        documents_practitioner_id_idx      ON documents (company_id, practitioner_id);
CREATE INDEX        documents_appointment_id_idx       ON documents (company_id, appointment_id);
CREATE INDEX        documents_created_at_idx           ON documents (company_id, created_at, id);
CREATE INDEX        documents_kind_idx                 ON documents (company_id, kind, created_at, id);
CREATE INDEX        documents_status_idx               ON documents (company_id, status, created_at, id);
CREATE INDEX        documents_issued_on_idx            ON documents (company_id, issued_on, id);
CREATE INDEX        documents_due_on_idx               ON documents (company_id, due_on, id);

CREATE TABLE document_items (
    company_id       uuid          NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id               uuid          NOT NULL DEFAULT gen_random_uuid(),
    document_id      uuid          NOT NULL,
    patient_id       uuid          NOT NULL,                                      -- the document's, for the audit trail
    product_id       uuid,
    appointment_item_id uuid,                                                     -- what a quote's line was drawn from
    position         int           NOT NULL DEFAULT 0,
    description      text          NOT NULL CHECK (length(description) BETWEEN 1 AND 1000),
    quantity         numeric(12,3) NOT NULL DEFAULT 1 CHECK (quantity > 0),
    unit_price_cents bigint        NOT NULL CHECK (unit_price_cents BETWEEN 0 AND 100000000000),      -- net
    discount_bp      int           NOT NULL DEFAULT 0 CHECK (discount_bp BETWEEN 0 AND 10000),
    tax_rate_bp      int           NOT NULL DEFAULT 0 CHECK (tax_rate_bp BETWEEN 0 AND 10000),
    net_cents        bigint        NOT NULL CHECK (net_cents >= 0),                                   -- after the discount
    tax_cents        bigint        NOT NULL CHECK (tax_cents >= 0),
    total_cents      bigint        NOT NULL,
    created_at       timestamptz   NOT NULL DEFAULT now(),
    updated_at       timestamptz   NOT NULL DEFAULT now(),
    version          int           NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT document_items_document_id_fkey FOREIGN KEY (company_id, document_id) REFERENCES documents,
    CONSTRAINT document_items_product_id_fkey  FOREIGN KEY (company_id, product_id)  REFERENCES products_services,
    CONSTRAINT document_items_appointment_item_id_fkey FOREIGN KEY (company_id, appointment_item_id) REFERENCES appointment_items,
    CONSTRAINT document_items_total_check      CHECK (total_cents = net_cents + tax_cents)
);
CREATE INDEX document_items_document_id_idx ON document_items (company_id, document_id, position, id);
CREATE INDEX document_items_product_id_idx  ON document_items (company_id, product_id);
CREATE INDEX document_items_appointment_item_id_idx ON document_items (company_id, appointment_item_id);
CREATE TRIGGER draft_only BEFORE INSERT OR UPDATE OR DELETE ON document_items FOR EACH ROW
    EXECUTE FUNCTION app.require_parent_status('documents', 'document_id', 'MP021', 'draft');
CREATE TRIGGER name_patient BEFORE INSERT ON document_items FOR EACH ROW EXECUTE FUNCTION app.name_patient('documents', 'document_id');
-- A draft's items may be deleted as rows.
SELECT app.protect('document_items', fixed => '{document_id,appointment_item_id}', automatic => '{patient_id}',
    admin => 'RWX', manager => 'RWX', practitioner => 'RWX', nurse => 'R', secretary => 'RWX', readonly => 'R');

-- The last number drawn. A row and not a sequence: the number goes back if the transaction does, and the next issue of that
-- type and year waits for the answer. No session role touches it.
CREATE TABLE document_sequences (
    company_id  uuid   NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    kind        text   NOT NULL CHECK (kind IN ('quote', 'invoice', 'credit_note')),
    year        int    NOT NULL CHECK (year BETWEEN 2000 AND 2999),
    last_number bigint NOT NULL CHECK (last_number > 0),
    PRIMARY KEY (company_id, kind, year)
);
SELECT app.protect('document_sequences', audited => false);

-- What issuing looks at. Views follow their tables through the schema's rename; no session role may use them.
CREATE VIEW app.issuing_settings WITH (security_invoker = true) AS
    SELECT s.time_zone, s.quote_number_prefix, s.invoice_number_prefix, s.credit_note_number_prefix,
           jsonb_build_object('name', s.name, 'businessNumber', s.business_number, 'vatNumber', s.vat_number,
                              'email', s.email, 'phone', s.phone, 'addressLine1', s.address_line1, 'addressLine2', s.address_line2,
                              'postalCode', s.postal_code, 'city', s.city, 'country', s.country, 'taxLabel', s.tax_label) AS seller
      FROM clinic_settings s;
CREATE VIEW app.issuing_patients WITH (security_invoker = true) AS
    SELECT p.id,
           jsonb_build_object('patientNumber', p.patient_number, 'firstName', p.first_name, 'lastName', p.last_name,
                              'addressLine1', p.address_line1, 'addressLine2', p.address_line2,
                              'postalCode', p.postal_code, 'city', p.city, 'country', p.country) AS recipient
      FROM patients p;
CREATE VIEW app.issuing_documents WITH (security_invoker = true) AS SELECT * FROM documents;
CREATE VIEW app.issuing_items     WITH (security_invoker = true) AS SELECT i.document_id FROM document_items i;
CREATE VIEW app.issuing_numbers   WITH (security_invoker = true) AS SELECT * FROM document_sequences;
ALTER  VIEW app.issuing_numbers ALTER company_id SET DEFAULT app.clinic_id();

CREATE FUNCTION app.issue_document() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    settings app.issuing_settings;
    drawn    bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM app.issuing_items i WHERE i.document_id = NEW.id) THEN
        RAISE EXCEPTION 'a document without items is not issued' USING ERRCODE = 'MP022', TABLE = TG_TABLE_NAME, COLUMN = 'items';
    END IF;
    IF NEW.deleted_at IS NOT NULL THEN
        RAISE EXCEPTION 'a deleted document is not issued' USING ERRCODE = 'MP022', TABLE = TG_TABLE_NAME, COLUMN = 'status';
    END IF;
    SELECT * INTO STRICT settings FROM app.issuing_settings;
    NEW.issued_on := (now() AT TIME ZONE settings.time_zone)::date;
    INSERT INTO app.issuing_numbers AS n (kind, year, last_number)
    VALUES (NEW.kind, extract(year FROM NEW.issued_on), 1)
        ON CONFLICT (company_id, kind, year) DO UPDATE SET last_number = n.last_number + 1
    RETURNING n.last_number INTO drawn;
    NEW.number := CASE NEW.kind WHEN 'quote'   THEN settings.quote_number_prefix
                                WHEN 'invoice' THEN settings.invoice_number_prefix
                                ELSE settings.credit_note_number_prefix END
                  || to_char(NEW.issued_on, 'YYYY') || '-' || lpad(drawn::text, greatest(5, length(drawn::text)), '0');
    NEW.seller    := settings.seller;
    NEW.recipient := (SELECT p.recipient FROM app.issuing_patients p WHERE p.id = NEW.patient_id);
    RETURN NEW;
END $$;

-- An invoice stands in the books: it is undone by a credit note, and cancelled once there is one.
CREATE FUNCTION app.cancel_invoice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM app.issuing_documents c
                    WHERE c.source_document_id = NEW.id AND c.kind = 'credit_note' AND c.number IS NOT NULL) THEN
        RAISE EXCEPTION 'an invoice is cancelled by a credit note' USING ERRCODE = 'MP022', TABLE = TG_TABLE_NAME, COLUMN = 'status';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON documents FOR EACH ROW
    EXECUTE FUNCTION app.freeze('draft', 'sent_at', 'accepted_at', 'rejected_at', 'paid_at', 'cancelled_at',
                                'paid_cents', 'payment_method', 'payment_reference', 'cancellation_reason');
CREATE TRIGGER issue BEFORE UPDATE OF status ON documents FOR EACH ROW
    WHEN (OLD.status = 'draft' AND NEW.status = 'issued')
    EXECUTE FUNCTION app.issue_document();
CREATE TRIGGER cancel BEFORE UPDATE OF status ON documents FOR EACH ROW
    WHEN (NEW.kind = 'invoice' AND OLD.status <> 'cancelled' AND NEW.status = 'cancelled')
    EXECUTE FUNCTION app.cancel_invoice();
CREATE TRIGGER path_insert      BEFORE INSERT           ON documents FOR EACH ROW
    EXECUTE FUNCTION app.follow_path('MP022', '>draft');
CREATE TRIGGER path_quote       BEFORE UPDATE OF status ON documents FOR EACH ROW WHEN (NEW.kind = 'quote')
    EXECUTE FUNCTION app.follow_path('MP022', 'draft>issued', 'issued>sent', 'issued>accepted', 'issued>rejected', 'issued>cancelled',
                                     'sent>accepted', 'sent>rejected', 'sent>cancelled');
CREATE TRIGGER path_invoice     BEFORE UPDATE OF status ON documents FOR EACH ROW WHEN (NEW.kind = 'invoice')
    EXECUTE FUNCTION app.follow_path('MP022', 'draft>issued', 'issued>sent', 'issued>paid', 'sent>paid',
                                     'issued>cancelled', 'sent>cancelled', 'paid>cancelled');
CREATE TRIGGER path_credit_note BEFORE UPDATE OF status ON documents FOR EACH ROW WHEN (NEW.kind = 'credit_note')
    EXECUTE FUNCTION app.follow_path('MP022', 'draft>issued', 'issued>sent', 'issued>paid', 'sent>paid');
-- Issuing, and all that comes after it, is `status`.
SELECT app.protect('documents', fixed => '{kind,source_document_id}',
    signs     => '{status,paid_cents,payment_method,payment_reference,cancellation_reason}',
    automatic => '{number,issued_on,seller,recipient,created_by,issued_at,issued_by,sent_at,accepted_at,rejected_at,paid_at,cancelled_at}',
    admin => 'RWDS', manager => 'RWDS', practitioner => 'RW', nurse => 'R', secretary => 'RWS', readonly => 'R');
