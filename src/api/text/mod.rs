//! The text types of the contract. Each has a schema that says its limits and a constructor that checks them, and no other way
//! in; so a value of such a type is valid wherever it turns up.

use std::borrow::Cow;
use std::fmt;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as PgType, to_sql_checked};
use unicode_normalization::UnicodeNormalization as _;

mod checks;

use checks::{
    any, color, country, email, entity_tags, event_id, language, line, lines, phone, quantity, second_factor_code,
    time_zone,
};

/// Why a text was refused: a rule, never the value.
pub type Refusal = &'static str;

/// A text type of the contract.
pub trait Text: Sized {
    /// `format` in the spec; also the key by which a body's fields are checked.
    const FORMAT: &'static str;
    /// In characters.
    const MIN: usize;
    /// In characters.
    const MAX: usize;

    /// Checks and normalises what is not a matter of length.
    ///
    /// # Errors
    /// The rule that was broken.
    fn check(text: &str) -> Result<String, Refusal>;

    /// Checks everything.
    ///
    /// # Errors
    /// The rule that was broken.
    fn parse(text: &str) -> Result<String, Refusal> {
        let length = text.chars().count();
        if length < Self::MIN {
            return Err("is too short");
        }
        if length > Self::MAX {
            return Err("is too long");
        }
        if text.contains('\0') {
            return Err("must not contain NUL");
        }
        // Normalised, it may be longer.
        Self::check(text).and_then(|text| if text.chars().count() > Self::MAX { Err("is too long") } else { Ok(text) })
    }
}

macro_rules! text_types {
    ($(
        $(#[$doc:meta])*
        $name:ident: $format:literal, $min:literal..=$max:literal, $example:literal, $check:expr $(, $pattern:literal)?;
    )+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq)]
            pub struct $name(String);

            impl Text for $name {
                const FORMAT: &'static str = $format;
                const MIN: usize = $min;
                const MAX: usize = $max;

                fn check(text: &str) -> Result<String, Refusal> {
                    $check(text)
                }
            }

            impl $name {
                /// The checked text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }

                /// The checked text, owned.
                #[must_use]
                pub fn into_string(self) -> String {
                    self.0
                }
            }

            impl std::str::FromStr for $name {
                type Err = Refusal;

                fn from_str(text: &str) -> Result<Self, Refusal> {
                    <Self as Text>::parse(text).map(Self)
                }
            }

            // It may name a person: Debug says the type only.
            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(stringify!($name))
                }
            }

            impl Type for $name {
                const IS_REQUIRED: bool = true;
                type RawValueType = Self;
                type RawElementValueType = Self;

                fn name() -> Cow<'static, str> {
                    concat!("string_", $format).into()
                }

                fn schema_ref() -> MetaSchemaRef {
                    MetaSchemaRef::Inline(Box::new(MetaSchema {
                        min_length: Some($min),
                        max_length: Some($max),
                        example: Some($example.into()),
                        $( pattern: Some($pattern.to_owned()), )?
                        ..MetaSchema::new_with_format("string", $format)
                    }))
                }

                fn as_raw_value(&self) -> Option<&Self> {
                    Some(self)
                }

                fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                    Box::new(self.as_raw_value().into_iter())
                }
            }

            impl ParseFromJSON for $name {
                fn parse_from_json(value: Option<serde_json::Value>) -> ParseResult<Self> {
                    match value {
                        Some(serde_json::Value::String(text)) => text.parse().map_err(|why: Refusal| ParseError::custom(why)),
                        _ => Err(ParseError::custom("must be a string")),
                    }
                }
            }

            impl ParseFromParameter for $name {
                fn parse_from_parameter(text: &str) -> ParseResult<Self> {
                    text.parse().map_err(|why: Refusal| ParseError::custom(why))
                }
            }

            impl ToSql for $name {
                fn to_sql(&self, ty: &PgType, out: &mut bytes::BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
                    self.as_str().to_sql(ty, out)
                }

                fn accepts(ty: &PgType) -> bool {
                    <&str as ToSql>::accepts(ty)
                }

                to_sql_checked!();
            }

            // It was checked when it was stored.
            impl<'a> FromSql<'a> for $name {
                fn from_sql(ty: &PgType, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
                    String::from_sql(ty, raw).map(Self)
                }

                fn accepts(ty: &PgType) -> bool {
                    <&str as FromSql>::accepts(ty)
                }
            }

            impl ToJSON for $name {
                fn to_json(&self) -> Option<serde_json::Value> {
                    Some(self.0.clone().into())
                }
            }
        )+

        /// Checks a text against the type of the contract that bears this format; `Ok` for formats that are not ours.
        ///
        /// # Errors
        /// The rule that was broken.
        pub fn check_format(format: &str, text: &str) -> Result<(), Refusal> {
            match format {
                $( $format => <$name as Text>::parse(text).map(|_| ()), )+
                "uuid" => uuid::Uuid::parse_str(text).map(|_| ()).map_err(|_| "must be a UUID"),
                "date" => text.parse::<super::day::Day>().map(|_| ()),
                "time-of-day" => text.parse::<super::time_of_day::TimeOfDay>().map(|_| ()),
                "date-time" => chrono::DateTime::parse_from_rfc3339(text).map(|_| ()).map_err(|_| "must be an RFC 3339 time"),
                _ => Ok(()),
            }
        }
    };
}

text_types! {
    /// A person's given or family name.
    PersonName: "person-name", 1..=100, "Camille", line;
    /// An organisation's name.
    OrganisationName: "organisation-name", 1..=200, "Cabinet du Parc", line;
    /// An e-mail address (RFC 5321: 254 at most); compared by [`Email::normalized`].
    Email: "email", 3..=254, "camille@example.org", email;
    /// A telephone number in international form (ITU-T E.164), spaces and punctuation allowed; by its country's numbering plan.
    PhoneNumber: "phone", 5..=32, "+33 1 42 68 53 00", phone, r"^\+[ ()./-]*([0-9][ ()./-]*){7,15}$";
    /// A line of a postal address.
    AddressLine: "address-line", 1..=200, "12 rue de la Paix", line;
    /// A postal code; by its country's rule.
    PostalCode: "postal-code", 1..=20, "75002", line;
    /// A town.
    City: "city", 1..=100, "Paris", line;
    /// A country (ISO 3166-1 alpha-2).
    Country: "country", 2..=2, "FR", country, r"^[A-Z]{2}$";
    /// A language (ISO 639-1), with or without a region.
    Language: "language", 2..=5, "fr", language, r"^[a-z]{2}(-[A-Z]{2})?$";
    /// A time zone of the IANA database.
    TimeZone: "time-zone", 1..=64, "Europe/Paris", time_zone;
    /// A number in a country's register of businesses; by its region's rule (`region::numbers`).
    BusinessNumber: "business-number", 1..=32, "732 829 320 00074", line;
    /// A number for VAT; by its region's rule.
    VatNumber: "vat-number", 1..=32, "FR40303265045", line;
    /// A bank account's number (ISO 13616), spaces allowed.
    Iban: "iban", 15..=42, "FR14 2004 1010 0505 0001 3M02 606", line;
    /// A number that a clinic gives its patients.
    PatientNumber: "patient-number", 1..=30, "P000042", line;
    /// A number in a country's register of practitioners.
    RegistrationNumber: "registration-number", 1..=50, "10101010101", line;
    /// How somebody is addressed.
    Title: "title", 1..=50, "Dr", line;
    /// What a practitioner treats.
    Speciality: "speciality", 1..=200, "Cardiology", line;
    /// A room, as its door says.
    RoomName: "room-name", 1..=100, "Room 2", line;
    /// A part of a country (ISO 3166-2).
    Subdivision: "subdivision", 4..=6, "DE-BY", line, r"^[A-Z]{2}-[A-Z0-9]{1,3}$";
    /// What the numbers of a kind of thing begin with.
    NumberPrefix: "number-prefix", 1..=10, "P-", line;
    /// What a tax is called.
    TaxLabel: "tax-label", 1..=20, "TVA", line;
    /// Why something is so; nothing clinical belongs here.
    Reason: "reason", 1..=500, "First visit", lines;
    /// A category's name.
    CategoryName: "category-name", 1..=100, "Prevention", line;
    /// A product's or service's name.
    ProductName: "product-name", 1..=200, "First consultation", line;
    /// The code by which a clinic files a product or service.
    ProductCode: "product-code", 1..=50, "CS-01", line;
    /// What something is, in a few words.
    Description: "description", 1..=2000, "For patients who have not been here before.", lines;
    /// What something is, at length.
    LongDescription: "long-description", 1..=5000, "Please come on an empty stomach.", lines;
    /// What a quantity is counted in.
    Unit: "unit", 1..=30, "piece", line;
    /// Something that a service needs.
    Material: "material", 1..=200, "Blood pressure cuff", line;
    /// How much of something, exactly: above 0, at most three decimals.
    Quantity: "quantity", 1..=13, "1.5", quantity, r"^([1-9][0-9]{0,8}(\.[0-9]{1,3})?|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$";
    /// What is proposed or done at an appointment.
    ItemDescription: "item-description", 1..=1000, "First consultation", lines;
    /// A colour, as CSS writes it.
    Color: "color", 7..=7, "#2e7d32", color, r"^#[0-9a-f]{6}$";
    /// What an event is called.
    AuditAction: "audit-action", 1..=64, "login", line;
    /// Free text of several lines.
    Notes: "notes", 1..=10000, "Prefers mornings.", lines;
    /// What is searched for.
    SearchText: "search", 1..=100, "dupont", line;
    /// A new password.
    NewPassword: "new-password", 12..=128, "correct horse battery staple", any;
    /// A password, as typed; checked against the stored one, by nothing else.
    Password: "password", 1..=1000, "correct horse battery staple", any;
    /// A code of the second factor: six digits, or a recovery code. Spaces, hyphens and case do not matter.
    SecondFactorCode: "second-factor-code", 6..=64, "287082", second_factor_code, r"^(([ -]*[0-9]){6}|([ -]*[0-9A-TV-Za-tv-z]){24})[ -]*$";
    /// An opaque token that this server issued.
    OpaqueToken: "token", 1..=512, "SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY", line, r"^[!-~]+$";
    /// A page's cursor, as answered in `nextCursor`.
    CursorText: "cursor", 1..=2000, "v1.k20260101.q80", line, r"^[A-Za-z0-9._-]+$";
    /// A key that names one attempt of a client's, such as a UUID.
    IdempotencyKey: "idempotency-key", 1..=255, "9b2f2a52-7f0c-4f0e-8e52-3a4f9ef0a1c4", line, r"^[!-~]([ -~]*[!-~])?$";
    /// The id of an event: when what it tells was changed.
    EventId: "event-id", 1..=16, "1767225600000000", event_id, r"^[0-9]+$";
    /// Versions of a resource, as in `ETag` (RFC 9110, section 13.1).
    EntityTags: "entity-tags", 1..=1000, "\"3\"", entity_tags, r#"^(\*|(W/)?"[!#-+\x2D-~]*"( *, *(W/)?"[!#-+\x2D-~]*")*)$"#;
}

impl Email {
    /// The form that is compared: NFKC, lower case. Two addresses that look alike are one.
    #[must_use]
    pub fn normalized(&self) -> String {
        self.0.nfkc().collect::<String>().to_lowercase()
    }
}

impl EventId {
    /// When what it tells was changed.
    #[must_use]
    pub fn at(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.parse().ok().and_then(chrono::DateTime::from_timestamp_micros).unwrap_or_default()
    }
}

impl SecondFactorCode {
    /// Whether it is a recovery code, and not one of an app.
    #[must_use]
    pub fn is_recovery_code(&self) -> bool {
        self.0.len() != 6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts<T: Text>(text: &str) -> bool {
        T::parse(text).is_ok()
    }

    #[test]
    fn names_are_trimmed_and_composed_and_never_blank() {
        assert_eq!(PersonName::parse("  Zoe\u{308}  "), Ok("Zo\u{eb}".to_owned()));
        for bad in [
            "",
            "   ",
            "a\0b",
            "a\nb",
            "a\u{202e}b",
            "a\u{2028}b",
            "a\u{ad}b",
            "a\u{61c}",
            "a\u{ffff}",
            &"x".repeat(101),
        ] {
            assert!(!accepts::<PersonName>(bad), "{bad:?}");
        }
        for blank in ["\u{200d}", "\u{301}", "\u{3164}\u{200c}", "\u{2800}"] {
            assert!(!accepts::<PersonName>(blank), "{blank:?}");
        }
        for good in ["محمد", "علی\u{200c}رضا", "김 민준", "नेहा", "👩\u{200d}⚕\u{fe0f}"] {
            assert!(accepts::<PersonName>(good), "{good:?}");
        }
        assert!(!accepts::<PersonName>(&"\u{1d160}".repeat(100)), "three times as long when composed");
        assert!(accepts::<PersonName>(&"é".repeat(100)), "limits count characters");
    }

    #[test]
    fn addresses_that_look_alike_are_one() {
        let of = |text: &str| text.parse::<Email>().expect(text).normalized();
        assert_eq!(of("Anna@Example.ORG"), of("anna@example.org"));
        assert!(accepts::<Email>("zo\u{eb}@example.org"), "letters of any script");
        for bad in [
            "",
            "a",
            "a@b",
            "a b@example.org",
            "a@[127.0.0.1]",
            "\"a b\"@example.org",
            "a@example.org\r\nBcc: x@example.org",
            "\u{ff41}nna@example.org",
            "o\u{fb03}ce@example.org",
        ] {
            assert!(!accepts::<Email>(bad), "{bad:?}");
        }
    }

    #[test]
    fn phones_countries_languages_and_zones_are_of_their_standard() {
        assert!(accepts::<PhoneNumber>("+33 1 42 68 53 00") && !accepts::<PhoneNumber>("0142685300"));
        assert!(accepts::<Country>("FR") && !accepts::<Country>("fr"));
        assert!(accepts::<Language>("fr-BE") && !accepts::<Language>("french"));
        assert!(accepts::<TimeZone>("Europe/Paris") && !accepts::<TimeZone>("Europe/Atlantis"));
    }

    #[test]
    fn debug_never_shows_what_was_typed() {
        assert_eq!(format!("{:?}", "secret password 1".parse::<NewPassword>().expect("long enough")), "NewPassword");
    }
}
