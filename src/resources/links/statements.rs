//! The SQL of links: functions made for them, which know from the signed context which link asks. `$1` is always the clinic's id.

use crate::ids::Role;
use crate::sql;

/// No person's: these statements run under `medicalpro_link`.
const LINK: [Role; 0] = [];

sql! { Clinic;
    /// What the patient is shown, and the audit row of that.
    pub(super) APPOINTMENT by LINK;
        "SELECT starts_at, ends_at, status, practitioner, facility, address_line1, address_line2, postal_code, city, clinic, phone,
                country, language, clinic_language, time_zone, answer, cancellable
           FROM app.link_appointment() WHERE app.clinic_id() = $1";
    /// The patient's answer, and whether it counted.
    pub(super) ANSWER by LINK;
        "SELECT app.link_answer($2::text) AS counted WHERE app.clinic_id() = $1";
    /// Who made a calendar's link that stands, with the audit row of its being fetched, and what is in the calendar.
    pub(super) CALENDAR by LINK;
        "SELECT l.made_by, l.own, c.id, c.starts_at, c.ends_at, c.status, c.updated_at, c.version
           FROM app.link_calendar_stands() l
           LEFT JOIN app.link_calendar(now() - interval '30 days', now() + interval '1 year') c ON true
          WHERE app.clinic_id() = $1
          ORDER BY c.starts_at, c.id";
}
