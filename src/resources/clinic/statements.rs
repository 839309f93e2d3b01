//! The SQL of a clinic's settings. `$1` is always the clinic's id.

use crate::ids::Role;
use crate::sql;

const WRITERS: [Role; 2] = [Role::Admin, Role::Manager];

macro_rules! columns {
    () => {
        "company_id, name, country, language, time_zone, currency, business_number, vat_number, email, phone, address_line1,
         address_line2, postal_code, city, tax_label, tax_rates, patient_number_prefix, quote_number_prefix, invoice_number_prefix,
         credit_note_number_prefix, opening_hours, holiday_subdivision, closed_on_holidays, confirmation_mails, reminder_hours,
         cancellation_hours, hold_minutes, first_weekday, retention_years, care_team_required, created_at, updated_at, version"
    };
}

sql! { Clinic;
    /// The settings, and the audit row of their being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'clinic_settings', ARRAY[company_id], '{}')
                    FROM clinic_settings WHERE company_id = $1"));
    /// The settings, held until the transaction ends.
    pub(super) FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM clinic_settings WHERE company_id = $1 FOR UPDATE"));
    /// Everything that a client may change.
    pub(super) UPDATE by WRITERS;
        (concat!(
            "UPDATE clinic_settings
                SET name = $2, language = $3, time_zone = $4, business_number = $5, vat_number = $6, email = $7, phone = $8,
                    address_line1 = $9, address_line2 = $10, postal_code = $11, city = $12, patient_number_prefix = $13,
                    quote_number_prefix = $14, invoice_number_prefix = $15, credit_note_number_prefix = $16, opening_hours = $17,
                    holiday_subdivision = $18, closed_on_holidays = $19, confirmation_mails = $20, reminder_hours = $21,
                    cancellation_hours = $22, hold_minutes = $23, first_weekday = $24, care_team_required = $25
              WHERE company_id = $1
             RETURNING ", columns!()
        ));
    /// Whose public holidays are kept, and the audit row of their being looked up.
    pub(super) HOLIDAYS_OF by Role::ALL;
        "SELECT country, holiday_subdivision, time_zone, app.record_access('read', 'clinic_settings', '{}', '{}')
           FROM clinic_settings WHERE company_id = $1";
}
