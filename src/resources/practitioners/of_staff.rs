//! The way in from the staff: name and address come from the person's account, and nobody types them twice.

use poem::web::Data;
use poem_openapi::param::{Header, Path};
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::model::{NewPractitioner, Practitioner};
use super::statements::INSERT;
use super::{deactivated, store};
use crate::api::Tag;
use crate::api::answer::Created;
use crate::api::body::Body;
use crate::api::idempotency::Once;
use crate::api::text::{Color, IdempotencyKey, PersonName, PhoneNumber, RegistrationNumber, Speciality, Title};
use crate::auth::caller::Bearer;
use crate::central::Central;
use crate::central::staff;
use crate::clinic::Clinics;
use crate::error::{ApiError, FieldError, Result};
use crate::ids::UserId;
use crate::transaction;

/// What a staff member's account does not say of a practitioner.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct StaffPractitioner {
    /// How they are addressed.
    pub title: Option<Title>,
    /// What they treat.
    #[oai(validator(max_items = 10))]
    pub specialities: Option<Vec<Speciality>>,
    /// The number in the country's register of practitioners.
    pub registration_number: Option<RegistrationNumber>,
    /// Telephone number, international form.
    pub phone: Option<PhoneNumber>,
    /// In the calendar.
    pub color: Option<Color>,
}

impl StaffPractitioner {
    fn named(&self, first_name: PersonName, last_name: PersonName) -> NewPractitioner {
        NewPractitioner {
            title: self.title.clone(),
            first_name,
            last_name,
            specialities: self.specialities.clone(),
            registration_number: self.registration_number.clone(),
            registration_until: None,
            email: None,
            phone: self.phone.clone(),
            languages: None,
            color: self.color.clone(),
            facility_id: None,
            appointment_minutes: None,
            buffer_before: None,
            buffer_after: None,
            minimum_notice: None,
            horizon_days: None,
            active: None,
        }
    }
}

/// The operation that makes a practitioner of a staff member.
#[derive(Clone, Copy, Debug)]
pub struct OfStaff;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Practitioners")]
impl OfStaff {
    /// Make a staff member a practitioner
    ///
    /// Name and e-mail address are the account's: 422 where it has no name yet. Once a person: then 409 `practitioner_exists`;
    /// whoever does not work here any more: 409 `member_deactivated`.
    #[oai(path = "/staff/:id/practitioner", method = "post", operation_id = "practitioners_create_of_staff")]
    async fn create_of_staff(
        &self,
        bearer: Bearer,
        central: Data<&Central>,
        clinics: Data<&Clinics>,
        /// The staff member.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<StaffPractitioner>,
    ) -> Result<Created<Practitioner>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), &body.raw]);
        // Read under this caller's clinic: somebody else's staff is not found.
        let member = staff::find(&central, caller.clinic(), UserId(id.0)).await?;
        let (first_name, last_name) = (name(member.first_name.as_deref()), name(member.last_name.as_deref()));
        let practitioner = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            if member.status != "active" {
                return Err(deactivated(None));
            }
            let (Some(first_name), Some(last_name)) = (first_name.clone(), last_name.clone()) else {
                return Err(nameless(first_name.is_none(), last_name.is_none()));
            };
            let new = NewPractitioner { email: member.email.parse().ok(), ..body.value.named(first_name, last_name) };
            let stored = store(tx, &INSERT, Uuid::now_v7(), &new, Some(id.0)).await?;
            once.remember(tx, stored).await
        })?;
        Ok(Created(practitioner))
    }
}

fn name(text: Option<&str>) -> Option<PersonName> {
    text.and_then(|text| text.parse().ok())
}

/// The account lacks what every practitioner has.
fn nameless(first: bool, last: bool) -> ApiError {
    let fields = [(first, "/firstName"), (last, "/lastName")];
    let missing = fields.into_iter().filter(|(missing, _)| *missing);
    ApiError::Invalid(
        missing.map(|(_, pointer)| FieldError::new(pointer, "missing", "is not in the person's account yet")).collect(),
    )
}

impl Example for StaffPractitioner {
    fn example() -> Self {
        Self {
            title: "Dr".parse().ok(),
            specialities: "Cardiology".parse().ok().map(|one| vec![one]),
            registration_number: "10101010103".parse().ok(),
            phone: "+33 1 42 68 53 00".parse().ok(),
            color: "#2e7d32".parse().ok(),
        }
    }
}
