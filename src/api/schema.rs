//! A JSON value against the schema of its type: all that is wrong with it, each where it stands.
//!
//! Numbers that countries lay down are held to the rules of a region: of the country that the object around them names, else of the
//! region that the request comes from. They leave in the form in which they are stored.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use serde_json::{Map, Value};

use super::text::{Country, PostalCode, check_format};
use crate::error::{ApiError, FieldError, Result};
use crate::region::Region;
use crate::region::numbers::{Invalid, Kind};

/// Invalid fields that one answer lists.
const MAX_ERRORS: usize = 100;

/// The formats whose rule is a region's.
const REGIONAL: [(&str, Kind); 5] = [
    ("business-number", Kind::Business),
    ("vat-number", Kind::Vat),
    ("postal-code", Kind::PostalCode),
    ("phone", Kind::Phone),
    ("iban", Kind::Iban),
];

/// Checks a value against the schema of `T`, and puts its numbers in the form in which they are stored.
///
/// Of a change (`partial`) to what has a country, the country may be stored: where the body does not name it, the operation checks the
/// result, by [`postal_code`].
///
/// # Errors
/// All ways in which the value breaks the schema.
pub fn check<T: Type>(value: &mut Value, region: &'static Region, partial: bool) -> Result<(), Vec<FieldError>> {
    // Filled once a type; read from then on.
    static SCHEMAS: RwLock<Option<Registry>> = RwLock::new(None);
    let name = T::name().into_owned();
    let known =
        |registry: &Option<Registry>| registry.as_ref().is_some_and(|registry| registry.schemas.contains_key(&name));
    if !known(&SCHEMAS.read().unwrap_or_else(PoisonError::into_inner)) {
        let mut guard = SCHEMAS.write().unwrap_or_else(PoisonError::into_inner);
        T::register(guard.get_or_insert_with(Registry::new));
    }
    let guard = SCHEMAS.read().unwrap_or_else(PoisonError::into_inner);
    let (mut errors, mut stored) = (Vec::new(), Vec::new());
    if let Some(registry) = guard.as_ref() {
        let mut checker = Checker { registry, partial, errors: &mut errors, stored: &mut stored };
        checker.reference(&T::schema_ref(), value, Place { pointer: "", region: Some(region) }, false);
    }
    for (pointer, text) in stored {
        if let Some(written) = value.pointer_mut(&pointer) {
            *written = text.into();
        }
    }
    // A reference with a description beside it is checked as two schemas, of which each may refuse a value.
    errors.dedup();
    errors.truncate(MAX_ERRORS);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// A postal code by the rule of its country, else of the clinic's.
///
/// # Errors
/// 422 at the pointer.
pub fn postal_code(
    pointer: &str,
    code: &PostalCode,
    country: Option<&Country>,
    clinic: &'static Region,
) -> Result<PostalCode> {
    let region = country.map_or(Some(clinic), |country| Region::parse(country.as_str()));
    let Invalid { code, detail } = match Kind::PostalCode.check(code.as_str(), region) {
        Ok(stored) => return stored.parse().map_err(|rule| ApiError::invalid(pointer, "format", rule)),
        Err(invalid) => invalid,
    };
    Err(ApiError::invalid(pointer, code, detail))
}

/// Where in a body, and by whose rules; none where the country is not one of ours.
#[derive(Clone, Copy)]
struct Place<'a> {
    pointer: &'a str,
    region: Option<&'static Region>,
}

struct Checker<'a> {
    registry: &'a Registry,
    partial: bool,
    errors: &'a mut Vec<FieldError>,
    stored: &'a mut Vec<(String, String)>,
}

impl Checker<'_> {
    fn refuse(&mut self, pointer: &str, code: &'static str, detail: impl Into<Cow<'static, str>>) {
        self.errors.push(FieldError::new(pointer, code, detail));
    }

    fn reference(&mut self, schema: &MetaSchemaRef, value: &Value, place: Place<'_>, nullable: bool) {
        match schema {
            MetaSchemaRef::Inline(schema) => self.schema(schema, value, place, nullable),
            MetaSchemaRef::Reference(name) => {
                if let Some(schema) = self.registry.schemas.get(name) {
                    self.schema(schema, value, place, nullable);
                }
            }
        }
    }

    fn schema(&mut self, schema: &MetaSchema, value: &Value, place: Place<'_>, nullable: bool) {
        let nullable = nullable || schema.nullable;
        let pointer = place.pointer;
        // A reference with a description or `nullable` beside it.
        if !schema.all_of.is_empty() {
            for part in &schema.all_of {
                self.reference(part, value, place, nullable);
            }
            return;
        }
        if value.is_null() {
            if !nullable {
                self.refuse(pointer, "null", "must not be null");
            }
            return;
        }
        match (schema.ty, value) {
            ("object", Value::Object(object)) => self.object(schema, object, place),
            ("array", Value::Array(items)) => {
                if schema.max_items.is_some_and(|max| items.len() > max) {
                    self.refuse(pointer, "too_many", "has too many items");
                    return;
                }
                if let Some(schema) = &schema.items {
                    for (index, item) in items.iter().enumerate() {
                        self.reference(schema, item, Place { pointer: &format!("{pointer}/{index}"), ..place }, false);
                    }
                }
            }
            ("string", Value::String(_)) | ("boolean", Value::Bool(_)) if !schema.enum_items.is_empty() => {
                self.one_of(&schema.enum_items, value, pointer);
            }
            ("string", Value::String(text)) => self.text(schema, text, place),
            ("boolean", Value::Bool(_)) | ("", _) => {}
            ("integer", Value::Number(number)) if number.is_i64() || number.is_u64() => {
                self.number(schema, number, pointer);
            }
            ("number", Value::Number(number)) => self.number(schema, number, pointer),
            (expected, _) => self.refuse(pointer, "type", format!("must be of type {expected}")),
        }
    }

    fn object(&mut self, schema: &MetaSchema, object: &Map<String, Value>, place: Place<'_>) {
        let (pointer, region) = (place.pointer, self.region(schema, object, place.region));
        for name in &schema.required {
            if !object.contains_key(*name) {
                self.refuse(&format!("{pointer}/{name}"), "required", "is required");
            }
        }
        for (name, value) in object {
            let inner = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            match schema.properties.iter().find(|(known, _)| known == name) {
                Some((_, schema)) => self.reference(schema, value, Place { pointer: &inner, region }, false),
                None if inner.len() > 200 => self.refuse(pointer, "unknown_field", "has a field that is not known"),
                None => self.refuse(&inner, "unknown_field", "is not a field of this request"),
            }
        }
    }

    /// The region of an object: of the country that it names.
    fn region(
        &self,
        schema: &MetaSchema,
        object: &Map<String, Value>,
        around: Option<&'static Region>,
    ) -> Option<&'static Region> {
        match object.get("country") {
            Some(Value::String(country)) => Region::parse(country),
            _ if self.partial && schema.properties.iter().any(|(name, _)| *name == "country") => None,
            _ => around,
        }
    }

    fn one_of(&mut self, allowed: &[Value], value: &Value, pointer: &str) {
        if !allowed.contains(value) {
            let allowed: Vec<_> =
                allowed.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
            self.refuse(pointer, "not_allowed", format!("must be one of: {}", allowed.join(", ")));
        }
    }

    fn text(&mut self, schema: &MetaSchema, text: &str, Place { pointer, region }: Place<'_>) {
        let length = text.chars().count();
        if schema.min_length.is_some_and(|min| length < min) {
            self.refuse(
                pointer,
                "too_short",
                format!("must have at least {} characters", schema.min_length.unwrap_or(0)),
            );
        } else if schema.max_length.is_some_and(|max| length > max) {
            self.refuse(
                pointer,
                "too_long",
                format!("must have at most {} characters", schema.max_length.unwrap_or(0)),
            );
        } else if let Some(Err(rule)) = schema.format.map(|format| check_format(format, text)) {
            self.refuse(pointer, "format", rule);
        } else if let Some((_, kind)) = REGIONAL.iter().find(|(format, _)| schema.format == Some(format)) {
            match kind.check(text, region) {
                Ok(stored) => self.stored.push((pointer.to_owned(), stored)),
                Err(Invalid { code, detail }) => self.refuse(pointer, code, detail),
            }
        }
    }

    fn number(&mut self, schema: &MetaSchema, number: &serde_json::Number, pointer: &str) {
        let value = number.as_f64().unwrap_or(f64::INFINITY);
        if schema.minimum.is_some_and(|min| value < min) || schema.maximum.is_some_and(|max| value > max) {
            self.refuse(pointer, "range", "is outside the allowed range");
        }
    }
}
