-- What is proposed at an appointment, agreed to by the patient, and done: what its quote or invoice is made from.

CREATE TABLE appointment_items (
    company_id       uuid          NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id               uuid          NOT NULL DEFAULT gen_random_uuid(),
    appointment_id   uuid          NOT NULL,
    patient_id       uuid          NOT NULL,                                        -- the appointment's, for the audit trail
    product_id       uuid,                                                          -- NULL: entered by hand
    position         int           NOT NULL DEFAULT 0,
    description      text          NOT NULL CHECK (length(description) BETWEEN 1 AND 1000),
    quantity         numeric(12,3) NOT NULL DEFAULT 1 CHECK (quantity > 0),
    unit_price_cents bigint        NOT NULL CHECK (unit_price_cents BETWEEN 0 AND 100000000000),   -- net; copied, not looked up
    discount_bp      int           NOT NULL DEFAULT 0 CHECK (discount_bp BETWEEN 0 AND 10000),
    tax_category     text          NOT NULL DEFAULT 'exempt_healthcare' CHECK (length(tax_category) BETWEEN 1 AND 50),
    tax_rate_bp      int           NOT NULL DEFAULT 0 CHECK (tax_rate_bp BETWEEN 0 AND 10000),
    status           text          NOT NULL DEFAULT 'proposed' CHECK (status IN ('proposed', 'accepted', 'refused', 'completed')),
    accepted_at      timestamptz,
    refused_at       timestamptz,
    completed_at     timestamptz,
    created_at       timestamptz   NOT NULL DEFAULT now(),
    updated_at       timestamptz   NOT NULL DEFAULT now(),
    version          int           NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT appointment_items_appointment_id_fkey FOREIGN KEY (company_id, appointment_id) REFERENCES appointments,
    CONSTRAINT appointment_items_product_id_fkey     FOREIGN KEY (company_id, product_id)     REFERENCES products_services
);
CREATE INDEX appointment_items_appointment_id_idx ON appointment_items (company_id, appointment_id, position, id);
CREATE INDEX appointment_items_product_id_idx     ON appointment_items (company_id, product_id);
-- Arguments: the table of what the row belongs to, and the column that refers to it. Whose that is stands beside, since the audit trail
-- reads the row alone.
CREATE FUNCTION app.name_patient() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('SELECT o.patient_id FROM %I.%I o WHERE o.company_id = $1 AND o.id = $2', TG_TABLE_SCHEMA, TG_ARGV[0])
       INTO NEW.patient_id USING NEW.company_id, (to_jsonb(NEW) ->> TG_ARGV[1])::uuid;
    IF NEW.patient_id IS NULL THEN
        RAISE EXCEPTION 'there is nothing that this row could belong to' USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME,
            CONSTRAINT = format('%s_%s_fkey', TG_TABLE_NAME, TG_ARGV[1]);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER name_patient BEFORE INSERT ON appointment_items FOR EACH ROW
    EXECUTE FUNCTION app.name_patient('appointments', 'appointment_id');
CREATE TRIGGER path BEFORE INSERT OR UPDATE OF status ON appointment_items FOR EACH ROW EXECUTE FUNCTION app.follow_path('MP020',
    '>proposed', 'proposed>accepted', 'proposed>refused', 'accepted>completed:admin,manager,practitioner,nurse');
-- What was agreed to stays as it was agreed to. Only a proposal is changed or taken back: what was invoiced stands in the invoice
-- beside, and the audit trail keeps that there was one.
CREATE FUNCTION app.keep_agreed_item() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'an item that is % is not changed', OLD.status USING ERRCODE = 'MP021', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER agreed BEFORE UPDATE OF description, quantity, discount_bp ON appointment_items FOR EACH ROW
    WHEN (OLD.status <> 'proposed' AND (OLD.description, OLD.quantity, OLD.discount_bp)
          IS DISTINCT FROM (NEW.description, NEW.quantity, NEW.discount_bp))
    EXECUTE FUNCTION app.keep_agreed_item();
CREATE TRIGGER agreed_delete BEFORE DELETE ON appointment_items FOR EACH ROW
    WHEN (OLD.status <> 'proposed') EXECUTE FUNCTION app.keep_agreed_item();
SELECT app.protect('appointment_items', fixed => '{appointment_id,product_id,unit_price_cents,tax_category,tax_rate_bp}',
    automatic => '{patient_id,accepted_at,refused_at,completed_at}',
    admin => 'RWX', manager => 'RWX', practitioner => 'RWX', nurse => 'RW', secretary => 'RWX', readonly => 'R');

-- Nor is an appointment deleted at which something was agreed to: a quote may refer to it.
CREATE FUNCTION app.has_agreed_items(appointment uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM appointment_items i
                    WHERE i.company_id = app.clinic_id() AND i.appointment_id = has_agreed_items.appointment
                      AND i.status IN ('accepted', 'completed'));
END;
CREATE FUNCTION app.keep_agreed_visit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF app.has_agreed_items(OLD.id) THEN
        RAISE EXCEPTION 'something was agreed to at this appointment'
            USING ERRCODE = 'MP020', TABLE = TG_TABLE_NAME, COLUMN = 'deleted_at';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER history_of_items BEFORE UPDATE OF deleted_at ON appointments FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION app.keep_agreed_visit();
