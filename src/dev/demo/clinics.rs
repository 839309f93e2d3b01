//! The demo's clinics and their admins.

use anyhow::Context as _;
use poem_openapi::types::ParseFromJSON as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::password::Passwords;
use crate::auth::register::{Entry, NewRegistration};
use crate::central::audit::{self, Event};
use crate::central::{Central, users};
use crate::error::ApiError;
use crate::ids::{ClinicId, UserId};
use crate::transaction;

/// Of all demo accounts; development only.
pub const PASSWORD: &str = "demo-only-not-a-secret";

/// The id of the first clinic, for examples and scripts to name.
const FIRST: ClinicId = ClinicId(Uuid::from_u128(0x550e_8400_e29b_41d4_a716_4466_5544_0000));

/// A clinic of the demo.
pub struct Clinic {
    pub name: &'static str,
    /// Under `.example`, which is nobody's (RFC 2606, section 2).
    pub domain: &'static str,
    pub country: &'static str,
    pub language: &'static str,
    pub place: (&'static str, &'static str),
    pub admin: (&'static str, &'static str),
}

const fn clinic(
    name: &'static str,
    domain: &'static str,
    (country, language): (&'static str, &'static str),
    place: (&'static str, &'static str),
    admin: (&'static str, &'static str),
) -> Clinic {
    Clinic { name, domain, country, language, place, admin }
}

/// The first is the one that is made; the others wait for their first access.
#[rustfmt::skip]
pub const CLINICS: [Clinic; 19] = [
    clinic("Cabinet du Parc", "cabinet-du-parc", ("FR", "fr"), ("69006", "Lyon"), ("Hélène", "Marchand")),
    clinic("Clínica del Mar", "clinica-del-mar", ("ES", "es"), ("46002", "Valencia"), ("Íñigo", "Echeverría")),
    clinic("Cabinet médical des Érables", "cabinet-des-erables", ("BE", "fr"), ("5000", "Namur"), ("Odile", "Lambert")),
    clinic("Praxis am Brunnen", "praxis-am-brunnen", ("CH", "de"), ("3011", "Bern"), ("Regula", "Brunner")),
    clinic("Praxis am Lindenplatz", "praxis-am-lindenplatz", ("DE", "de"), ("20095", "Hamburg"), ("Katrin", "Petersen")),
    clinic("Studio medico Gli Ulivi", "gli-ulivi", ("IT", "it"), ("50122", "Firenze"), ("Lorenzo", "Fabbri")),
    clinic("Clínica das Oliveiras", "clinica-das-oliveiras", ("PT", "pt"), ("4050-014", "Porto"), ("Teresa", "Azevedo")),
    clinic("Cabinet médical Um Park", "cabinet-um-park", ("LU", "fr"), ("1660", "Luxembourg"), ("Marc", "Weber")),
    clinic("Willow Lane Surgery", "willow-lane-surgery", ("GB", "en"), ("M1 1AE", "Manchester"), ("Fiona", "Hartley")),
    clinic("Cabinet des Tilleuls", "cabinet-des-tilleuls", ("FR", "fr"), ("44000", "Nantes"), ("Yann", "Le Goff")),
    clinic("Maison de santé des Glycines", "sante-des-glycines", ("FR", "fr"), ("67000", "Strasbourg"), ("Sandrine", "Keller")),
    clinic("Centre médical du Vieux Moulin", "vieux-moulin", ("FR", "fr"), ("31000", "Toulouse"), ("Bruno", "Castaing")),
    clinic("Centro médico Los Almendros", "los-almendros", ("ES", "es"), ("41001", "Sevilla"), ("Rocío", "Navarro")),
    clinic("Consulta La Encina", "consulta-la-encina", ("ES", "es"), ("28013", "Madrid"), ("Javier", "Salinas")),
    clinic("Groepspraktijk De Linde", "groepspraktijk-de-linde", ("BE", "nl"), ("9000", "Gent"), ("Griet", "Claes")),
    clinic("Cabinet du Vallon", "cabinet-du-vallon", ("CH", "fr"), ("1003", "Lausanne"), ("Sylvain", "Rochat")),
    clinic("Gemeinschaftspraxis Sonnenhof", "praxis-sonnenhof", ("DE", "de"), ("79098", "Freiburg"), ("Jürgen", "Vogel")),
    clinic("Poliambulatorio La Fontana", "la-fontana", ("IT", "it"), ("10121", "Torino"), ("Chiara", "Bellini")),
    clinic("Consultório do Jardim", "consultorio-do-jardim", ("PT", "pt"), ("3000-001", "Coimbra"), ("Duarte", "Nogueira")),
];

impl Clinic {
    /// With which its admin logs in.
    pub fn admin_address(&self) -> String {
        format!("admin@{}.example", self.domain)
    }

    fn address(&self) -> String {
        format!("contact@{}.example", self.domain)
    }

    /// What anybody would send to register it.
    fn registration(&self) -> Value {
        let ((postal_code, city), (first_name, last_name)) = (self.place, self.admin);
        json!({
            "companyName": self.name, "country": self.country, "language": self.language,
            "companyEmail": self.address(), "address": { "postalCode": postal_code, "city": city },
            "email": self.admin_address(), "firstName": first_name, "lastName": last_name,
            "password": PASSWORD, "acceptTerms": true,
        })
    }
}

/// How a clinic of the demo stands.
#[derive(Debug)]
pub struct Standing {
    /// With which to log in.
    pub email: String,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// The clinic's name.
    pub clinic: String,
    /// `companies.status`.
    pub status: String,
}

/// Enters the clinics that are not there yet, in their order.
pub async fn enter(central: &Central, say: &(dyn Fn(&str) + Send + Sync)) -> anyhow::Result<()> {
    let passwords = Passwords::new(1)?;
    let mut missing = Vec::new();
    for (clinic, index) in CLINICS.iter().zip(0..) {
        let taken = users::taken(central, &clinic.admin_address(), &clinic.address()).await;
        if taken.map_err(ApiError::into_cause)? == (false, false) {
            missing.push((clinic, if index == 0 { FIRST } else { ClinicId::generate() }));
        }
    }
    if !missing.is_empty() {
        say(&format!("making the demo's clinics: {}", missing.len()));
    }
    for (clinic, id) in missing {
        let new = NewRegistration::parse_from_json(Some(clinic.registration()));
        let new = new.map_err(|error| anyhow::anyhow!("{}: {}", clinic.name, error.into_message()))?;
        let password_hash = passwords.accept(&new.password, "/password", &[]).await.map_err(ApiError::into_cause)?;
        let entry = Entry::of(new, id, password_hash);
        write(central, &entry, id).await.map_err(ApiError::into_cause).context(clinic.name)?;
    }
    Ok(())
}

/// One transaction: a clinic is there with an admin who can log in, or not at all.
async fn write(central: &Central, entry: &Entry, clinic: ClinicId) -> Result<(), ApiError> {
    transaction!(central.work(), |tx| {
        entry.write(tx, &Event { action: "registered", ..Event::default() }).await?;
        users::address_proven(tx, entry.user()).await?;
        let (clinic, user) = (Some(clinic), Some(entry.user()));
        let event = Event { action: "email_verified", clinic, user, detail: Some("demo"), ..Event::default() };
        audit::record(tx, &event).await
    })
}

/// How the clinics stand, in their order; one that was there under another account is left out.
pub async fn standing(central: &Central) -> anyhow::Result<Vec<Standing>> {
    let mut standing = Vec::new();
    for clinic in &CLINICS {
        let email = clinic.admin_address();
        let Some(user) = users::by_email(central, &email).await.map_err(ApiError::into_cause)? else { continue };
        let places = users::memberships(central, UserId(user.id)).await.map_err(ApiError::into_cause)?;
        if let Some(place) = places.into_iter().next() {
            standing.push(Standing { email, country: clinic.country, clinic: place.name, status: place.status });
        }
    }
    Ok(standing)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::region::Region;

    #[test]
    fn every_region_has_its_clinic_and_every_clinic_its_own_addresses() {
        let countries: BTreeSet<&str> = CLINICS.iter().map(|clinic| clinic.country).collect();
        assert_eq!(countries, Region::all().iter().map(|region| region.country).collect());
        let addresses: BTreeSet<String> =
            CLINICS.iter().flat_map(|clinic| [clinic.admin_address(), clinic.address()]).collect();
        assert_eq!(addresses.len(), 2 * CLINICS.len());
    }

    #[test]
    fn every_clinic_could_be_registered_by_anybody() {
        for clinic in &CLINICS {
            let new = NewRegistration::parse_from_json(Some(clinic.registration()));
            assert!(new.is_ok(), "{}: {}", clinic.name, new.unwrap_err().into_message());
        }
        // Control.
        let nameless = NewRegistration::parse_from_json(Some(json!({ "companyName": "" })));
        assert!(nameless.is_err());
    }
}
