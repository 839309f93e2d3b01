//! The SQL of appointments' items. `$1` is always the clinic's id. Items of a deleted appointment are not there.

use crate::api::list::{LIMITS, order, seen};
use crate::ids::Role;
use crate::sql;

const WRITERS: [Role; 5] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary];
const DELETERS: [Role; 4] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Secretary];

macro_rules! columns {
    () => {
        "i.id, i.appointment_id, i.product_id, i.position, i.description, trim_scale(i.quantity)::text AS quantity, i.unit_price_cents,
         i.discount_bp, i.tax_category, i.tax_rate_bp, i.status, i.accepted_at, i.refused_at, i.completed_at, i.created_at, i.updated_at,
         i.version, (SELECT currency FROM clinic_settings WHERE company_id = $1) AS currency,
         i.patient_id"
    };
}

/// The item is there, and so is its appointment.
macro_rules! live {
    () => {
        "i.company_id = $1 AND i.id = $2
         AND EXISTS (SELECT FROM appointments a WHERE a.company_id = $1 AND a.id = i.appointment_id AND a.deleted_at IS NULL)"
    };
}

sql! { Clinic;
    /// Whether there is such an appointment.
    pub(super) KNOWN by Role::ALL;
        "SELECT FROM appointments WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL";
    /// A page of an appointment's items, by position, and the audit row of their being seen.
    pub(super) LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM appointment_items i WHERE company_id = $1 AND appointment_id = $2")),
        [order!(3, 4; first, "position", "ASC"), order!(3, 4; after, "position", "int", ">", "ASC")],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $5: the rows of the page.
        (seen!("appointment_items", "patient_id", 5));
    /// One item, and the audit row of its being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT found.*, app.record_access('read', 'appointment_items', ARRAY[found.id], ARRAY[found.patient_id])
                    FROM (SELECT ", columns!(), " FROM appointment_items i WHERE ", live!(), ") AS found"));
    /// One item, held until the transaction ends.
    pub(super) FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM appointment_items i WHERE ", live!(), " FOR NO KEY UPDATE OF i"));
    /// What an item of this appointment costs, and whether it is offered on the appointment's day, where the clinic is; without a product,
    /// whether there is such an appointment; and how that stands, until the transaction ends.
    pub(super) OFFER by WRITERS;
        "SELECT p.id, p.name, p.unit_price_cents, p.tax_category, p.tax_rate_bp,
                p.active AND (a.starts_at AT TIME ZONE s.time_zone)::date
                             BETWEEN COALESCE(p.available_from, '-infinity') AND COALESCE(p.available_until, 'infinity') AS offered, a.status
           FROM appointments a
           JOIN clinic_settings s ON s.company_id = a.company_id
           LEFT JOIN products_services p ON p.company_id = a.company_id AND p.id = $3 AND p.deleted_at IS NULL
          WHERE a.company_id = $1 AND a.id = $2 AND a.deleted_at IS NULL
            FOR SHARE OF a";
    /// A new item; without a position it comes last.
    pub(super) INSERT by WRITERS;
        (concat!(
            "INSERT INTO appointment_items AS i (company_id, id, appointment_id, product_id, position, description, quantity,
                                                 unit_price_cents, discount_bp, tax_category, tax_rate_bp)
             VALUES ($1, $2, $3, $4,
                     COALESCE($5, (SELECT max(o.position) + 1 FROM appointment_items o WHERE o.company_id = $1 AND o.appointment_id = $3), 0),
                     $6, $7::text::numeric, $8, $9, $10, $11)
             RETURNING ", columns!()
        ));
    /// What may be changed of a proposal; of what was agreed to, only its place.
    pub(super) UPDATE by WRITERS;
        (concat!(
            "UPDATE appointment_items i SET position = $3, description = $4, quantity = $5::text::numeric, discount_bp = $6
              WHERE company_id = $1 AND id = $2
             RETURNING ", columns!()
        ));
    /// A step of the item's path; who may take it, and whether there is such a step, the trigger says.
    pub(super) STEP by WRITERS;
        (concat!("UPDATE appointment_items i SET status = $3 WHERE ", live!(), " RETURNING ", columns!()));
    /// Takes a proposal back.
    pub(super) DELETE by DELETERS;
        (concat!("DELETE FROM appointment_items i WHERE ", live!(), " RETURNING i.version"));
}
