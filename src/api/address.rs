//! [`Address`]: where somebody or something is, as the contract writes it and the tables store it.

use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;
use tokio_postgres::Row;

use super::schema::postal_code;
use super::text::{AddressLine, City, Country, PostalCode};
use crate::error::Result;
use crate::region::Region;

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Street and number.
    #[oai(skip_serializing_if_is_none)]
    pub line1: Option<AddressLine>,
    /// What does not fit the first line.
    #[oai(skip_serializing_if_is_none)]
    pub line2: Option<AddressLine>,
    /// Postal code.
    #[oai(skip_serializing_if_is_none)]
    pub postal_code: Option<PostalCode>,
    /// Town.
    #[oai(skip_serializing_if_is_none)]
    pub city: Option<City>,
    /// Country, ISO 3166-1 alpha-2.
    #[oai(skip_serializing_if_is_none)]
    pub country: Option<Country>,
}

/// A postal address's changes.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddressPatch {
    /// Street and number.
    #[oai(nullable)]
    pub line1: MaybeUndefined<AddressLine>,
    /// What does not fit the first line.
    #[oai(nullable)]
    pub line2: MaybeUndefined<AddressLine>,
    /// Postal code.
    #[oai(nullable)]
    pub postal_code: MaybeUndefined<PostalCode>,
    /// Town.
    #[oai(nullable)]
    pub city: MaybeUndefined<City>,
    /// Country, ISO 3166-1 alpha-2.
    #[oai(nullable)]
    pub country: MaybeUndefined<Country>,
}

impl Address {
    /// From the columns `address_line1`, `address_line2`, `postal_code`, `city` and `country`; none where all are empty.
    ///
    /// # Errors
    /// Where the row lacks one of them.
    pub fn stored(row: &Row) -> Result<Option<Self>, tokio_postgres::Error> {
        let address = Self {
            line1: row.try_get("address_line1")?,
            line2: row.try_get("address_line2")?,
            postal_code: row.try_get("postal_code")?,
            city: row.try_get("city")?,
            country: row.try_get("country")?,
        };
        Ok((address != Self::default()).then_some(address))
    }

    /// Holds a changed address to the rule of its country, which may be the one that was stored, else of the clinic's.
    ///
    /// # Errors
    /// 422 at the postal code.
    pub fn check(&mut self, clinic: &'static Region) -> Result<()> {
        if let Some(code) = &mut self.postal_code {
            *code = postal_code("/address/postalCode", code, self.country.as_ref(), clinic)?;
        }
        Ok(())
    }
}

impl AddressPatch {
    /// Whether postal code or country change.
    #[must_use]
    pub const fn moves(&self) -> bool {
        !self.postal_code.is_undefined() || !self.country.is_undefined()
    }

    /// Changes an address.
    pub fn apply(self, address: &mut Address) {
        self.line1.update_to(&mut address.line1);
        self.line2.update_to(&mut address.line2);
        self.postal_code.update_to(&mut address.postal_code);
        self.city.update_to(&mut address.city);
        self.country.update_to(&mut address.country);
    }
}
