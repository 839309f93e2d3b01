//! Practitioners: those who treat patients, each with a calendar of their own.
//!
//! So far only the way in from the staff: name and address come from the person's account, and nobody types them twice. Who may is
//! decided by PostgreSQL, as for patients.

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::param::{Header, Path};
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Resource};
use crate::api::body::Body;
use crate::api::idempotency::Once;
use crate::api::search::fold;
use crate::api::text::{Color, Email, IdempotencyKey, PersonName, PhoneNumber, RegistrationNumber, Speciality, Title};
use crate::auth::caller::Bearer;
use crate::central::Central;
use crate::central::staff;
use crate::clinic::{Access, Clinics};
use crate::error::{ApiError, ConstraintMessage, FieldError, Result};
use crate::ids::{Role, UserId};
use crate::sql;
use crate::transaction;

/// Whose account a practitioner is, is said by those who may delete one.
const MAKERS: [Role; 2] = [Role::Admin, Role::Manager];

/// A person is one practitioner.
pub const USER_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "practitioners_user_id_key",
    code: "practitioner_exists",
    detail: "This person is a practitioner already.",
    pointer: "/id",
};

/// A registration number is one practitioner's.
pub const REGISTRATION_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "practitioners_registration_number_key",
    code: "registration_number_taken",
    detail: "Another practitioner has this number.",
    pointer: "/registrationNumber",
};

sql! { Clinic;
    /// A practitioner who logs in.
    INSERT by MAKERS;
        "INSERT INTO practitioners (company_id, id, user_id, title, first_name, last_name, specialities, registration_number, email,
                                    phone, color, sort_name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         RETURNING id, user_id, title, first_name, last_name, specialities, registration_number, email, phone, color, active,
                   created_at, updated_at, version";
}

/// Somebody who treats patients.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Practitioner {
    /// Identifies the practitioner in this clinic.
    pub id: Uuid,
    /// Whose account it is; none for somebody who does not log in.
    #[oai(skip_serializing_if_is_none)]
    pub user_id: Option<Uuid>,
    /// How they are addressed.
    #[oai(skip_serializing_if_is_none)]
    pub title: Option<Title>,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// What they treat.
    pub specialities: Vec<Speciality>,
    /// The number in the country's register of practitioners.
    #[oai(skip_serializing_if_is_none)]
    pub registration_number: Option<RegistrationNumber>,
    /// E-mail address.
    #[oai(skip_serializing_if_is_none)]
    pub email: Option<Email>,
    /// Telephone number, international form.
    #[oai(skip_serializing_if_is_none)]
    pub phone: Option<PhoneNumber>,
    /// In the calendar.
    #[oai(skip_serializing_if_is_none)]
    pub color: Option<Color>,
    /// Whether they can be booked.
    pub active: bool,
    /// When the practitioner was entered.
    pub created_at: DateTime<Utc>,
    /// When the practitioner was last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Practitioner {
    const PATH: &'static str = "/api/v1/practitioners";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

crate::from_row!(Practitioner {
    id,
    user_id,
    title,
    first_name,
    last_name,
    specialities,
    registration_number,
    email,
    phone,
    color,
    active,
    created_at,
    updated_at,
    version
});

/// What a staff member's account does not say of a practitioner.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewPractitioner {
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

/// The operations on practitioners.
#[derive(Clone, Copy, Debug)]
pub struct Practitioners;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Practitioners")]
impl Practitioners {
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
        body: Body<NewPractitioner>,
    ) -> Result<Created<Practitioner>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), &body.raw]);
        // Read under this caller's clinic: somebody else's staff is not found.
        let member = staff::find(&central, caller.clinic(), UserId(id.0)).await?;
        let (first_name, last_name) = (name(member.first_name.as_deref()), name(member.last_name.as_deref()));
        let (deactivated, email, new) = (member.status != "active", member.email, &body.value);
        let practitioner = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered::<Practitioner>(tx).await? {
                tx.record_access(Access {
                    action: "read",
                    resource: "practitioners",
                    ids: vec![answered.id],
                    patients: vec![],
                });
                return Ok(answered);
            }
            if deactivated {
                let detail = "This person does not work here any more.".into();
                return Err(ApiError::Conflict { code: "member_deactivated", detail, pointer: None });
            }
            let (Some(first), Some(last)) = (&first_name, &last_name) else {
                return Err(nameless(first_name.is_none(), last_name.is_none()));
            };
            let sort_name: String = fold(&format!("{} {}", last.as_str(), first.as_str())).chars().take(300).collect();
            let row = tx
                .one(
                    &INSERT,
                    &[
                        &Uuid::now_v7(),
                        &id.0,
                        &new.title,
                        first,
                        last,
                        &new.specialities.as_deref().unwrap_or_default(),
                        &new.registration_number,
                        &email,
                        &new.phone,
                        &new.color,
                        &sort_name,
                    ],
                )
                .await?;
            once.remember(tx, Practitioner::try_from(&row as &Row)?).await
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

impl Example for NewPractitioner {
    fn example() -> Self {
        Self {
            title: "Dr".parse().ok(),
            specialities: "Cardiology".parse().ok().map(|one| vec![one]),
            registration_number: "10101010101".parse().ok(),
            phone: "+33 1 42 68 53 00".parse().ok(),
            color: "#2e7d32".parse().ok(),
        }
    }
}

impl Example for Practitioner {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let NewPractitioner { title, specialities, registration_number, phone, color } = NewPractitioner::example();
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0007),
            user_id: Some(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0005)),
            title,
            first_name: "Jo".parse().expect("a name"),
            last_name: "Martin".parse().expect("a name"),
            specialities: specialities.unwrap_or_default(),
            registration_number,
            email: "jo@cabinet-du-parc.example".parse().ok(),
            phone,
            color,
            active: true,
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }
}
