//! The rate of a tax category at a clinic: what its settings say, else its country's.

use crate::clinic::{ClinicTx, Write};
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::region::{Region, TaxCategory};
use crate::sql;

const WRITERS: [Role; 5] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary];

sql! { Clinic;
    /// The clinic's country, and the rate that its settings give the category.
    RATE by WRITERS;
        "SELECT country, (SELECT (rate ->> 'basisPoints')::int
                            FROM jsonb_array_elements(tax_rates) AS rate WHERE rate ->> 'category' = $2 LIMIT 1)
           FROM clinic_settings WHERE company_id = $1";
}

/// The rate of a category, in hundredths of a per cent.
///
/// # Errors
/// 422 at `/taxCategory` where the clinic's country has no such category.
pub async fn rate(tx: &mut ClinicTx<Write>, category: TaxCategory) -> Result<i32> {
    let row = tx.one(&RATE, &[&category.name()]).await?;
    let of_country = || Region::parse(row.get(0)).and_then(|region| region.tax_rate(category));
    let rate = row.try_get::<_, Option<i32>>(1)?.or_else(|| of_country().map(|rate| rate.basis_points.into()));
    rate.ok_or_else(|| {
        ApiError::invalid("/taxCategory", "tax_category_unknown", "is no tax category of the clinic's country")
    })
}
