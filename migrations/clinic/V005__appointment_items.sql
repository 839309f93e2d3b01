-- What was done or sold at an appointment: what its quote or invoice is made from.

CREATE TABLE appointment_items (
    company_id       uuid          NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id               uuid          NOT NULL DEFAULT gen_random_uuid(),
    appointment_id   uuid          NOT NULL,
    product_id       uuid,                                                          -- NULL: entered by hand
    position         int           NOT NULL DEFAULT 0,
    description      text          NOT NULL CHECK (length(description) BETWEEN 1 AND 1000),
    quantity         numeric(12,3) NOT NULL DEFAULT 1 CHECK (quantity > 0),
    unit_price_cents bigint        NOT NULL CHECK (unit_price_cents BETWEEN 0 AND 100000000000),   -- net; copied, not looked up
    discount_bp      int           NOT NULL DEFAULT 0 CHECK (discount_bp BETWEEN 0 AND 10000),
    tax_rate_bp      int           NOT NULL DEFAULT 0 CHECK (tax_rate_bp BETWEEN 0 AND 10000),
    created_at       timestamptz   NOT NULL DEFAULT now(),
    updated_at       timestamptz   NOT NULL DEFAULT now(),
    version          int           NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, id),
    CONSTRAINT appointment_items_appointment_id_fkey FOREIGN KEY (company_id, appointment_id) REFERENCES appointments,
    CONSTRAINT appointment_items_product_id_fkey     FOREIGN KEY (company_id, product_id)     REFERENCES products_services
);
CREATE INDEX appointment_items_appointment_id_idx ON appointment_items (company_id, appointment_id, position, id);
CREATE INDEX appointment_items_product_id_idx     ON appointment_items (company_id, product_id);
-- Rows are deleted: what was invoiced stands in the invoice, and the audit trail keeps that there was one.
SELECT app.protect('appointment_items', fixed => '{appointment_id}',
    admin => 'RWX', manager => 'RWX', practitioner => 'RWX', nurse => 'RW', secretary => 'RWX', readonly => 'R');
