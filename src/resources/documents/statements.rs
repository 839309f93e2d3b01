//! The SQL of documents. `$1` is always the clinic's id.

use crate::ids::Role;
use crate::sql;

/// Who writes documents, or tries to: a nurse may hold the appointment, and is refused the document.
const WRITERS: [Role; 4] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Secretary];

macro_rules! document {
    () => {
        "d.id, d.kind, d.status, d.number, d.patient_id, d.practitioner_id, d.appointment_id, d.currency, d.net_cents, d.tax_cents,
         d.total_cents, d.taxes, d.created_at, d.updated_at, d.version,
         (SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'id', i.id, 'productId', i.product_id, 'appointmentItemId', i.appointment_item_id, 'description', i.description,
                     'quantity', trim_scale(i.quantity)::text, 'unitPriceCents', i.unit_price_cents, 'discountBp', i.discount_bp,
                     'taxRateBp', i.tax_rate_bp, 'netCents', i.net_cents, 'taxCents', i.tax_cents, 'totalCents', i.total_cents))
                     ORDER BY i.position, i.id), '[]')
            FROM document_items i WHERE i.company_id = $1 AND i.document_id = d.id) AS items
           FROM documents d WHERE d.company_id = $1 AND d.id = $2 AND d.deleted_at IS NULL"
    };
}

sql! { Clinic;
    /// One document with its lines, and the audit row of its being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT app.record_access('read', 'documents', ARRAY[d.id], ARRAY[d.patient_id]), ", document!()));
    /// One document with its lines, as it was just made.
    pub(super) MADE by WRITERS;
        (concat!("SELECT ", document!()));
    /// Holds an appointment, so that of two who draw a quote one sees what the other has drawn.
    pub(super) HOLD by WRITERS;
        "SELECT FROM appointments WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE";
    /// What was agreed to at an appointment and is on no quote that still counts.
    pub(super) AGREED by WRITERS;
        "SELECT i.id, trim_scale(i.quantity)::text AS quantity, i.unit_price_cents, i.discount_bp, i.tax_rate_bp
           FROM appointment_items i
          WHERE i.company_id = $1 AND i.appointment_id = $2 AND i.status = 'accepted'
            AND NOT EXISTS (SELECT FROM document_items l
                              JOIN documents d ON d.company_id = l.company_id AND d.id = l.document_id
                             WHERE l.company_id = $1 AND l.appointment_item_id = i.id
                               AND d.kind = 'quote' AND d.status NOT IN ('rejected', 'cancelled') AND d.deleted_at IS NULL)
          ORDER BY i.position, i.id";
    /// A draft of a quote on an appointment.
    pub(super) INSERT_QUOTE by WRITERS;
        "INSERT INTO documents (company_id, id, kind, patient_id, practitioner_id, appointment_id, currency, net_cents, tax_cents,
                                total_cents, taxes)
         SELECT $1, $2, 'quote', a.patient_id, a.practitioner_id, a.id, s.currency, $4::int8, $5::int8, $4::int8 + $5::int8, $6
           FROM appointments a JOIN clinic_settings s ON s.company_id = a.company_id
          WHERE a.company_id = $1 AND a.id = $3";
    /// Its lines, from the items with these ids, in this order, and what each comes to.
    pub(super) INSERT_LINES by WRITERS;
        "INSERT INTO document_items (company_id, id, document_id, product_id, appointment_item_id, position, description, quantity,
                                     unit_price_cents, discount_bp, tax_rate_bp, net_cents, tax_cents, total_cents)
         SELECT $1, l.id, $2, i.product_id, i.id, l.place - 1, i.description, i.quantity, i.unit_price_cents, i.discount_bp, i.tax_rate_bp,
                l.net, l.tax, l.net + l.tax
           FROM unnest($3::uuid[], $4::uuid[], $5::int8[], $6::int8[]) WITH ORDINALITY AS l (id, item, net, tax, place)
           JOIN appointment_items i ON i.company_id = $1 AND i.id = l.item";
}
