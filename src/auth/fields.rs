//! Fields of a registration that take few values. The spec lists them, so that a body's check tells of them with all the rest
//! that is wrong with it.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

use crate::region::Region;

/// A type of the contract whose JSON values can be counted.
trait Few: Sized + Clone + Send + Sync + 'static {
    const NAME: &'static str;
    const TYPE: &'static str;

    fn all() -> Vec<Self>;
    fn value(&self) -> Value;
}

/// A country that clinics can register in: one that we have the rules of.
#[derive(Clone, Copy, Debug)]
pub struct ServedCountry(pub &'static Region);

impl Few for ServedCountry {
    const NAME: &'static str = "served_country";
    const TYPE: &'static str = "string";

    fn all() -> Vec<Self> {
        Region::all().iter().map(Self).collect()
    }

    fn value(&self) -> Value {
        self.0.country.into()
    }
}

impl std::str::FromStr for ServedCountry {
    type Err = &'static str;

    fn from_str(country: &str) -> Result<Self, Self::Err> {
        Region::parse(country).map(Self).ok_or("is not a country that we serve")
    }
}

/// `true`, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Accepted;

impl Few for Accepted {
    const NAME: &'static str = "accepted";
    const TYPE: &'static str = "boolean";

    fn all() -> Vec<Self> {
        vec![Self]
    }

    fn value(&self) -> Value {
        true.into()
    }
}

macro_rules! few {
    ($($name:ident),+) => {$(
        impl Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                Self::NAME.into()
            }

            fn schema_ref() -> MetaSchemaRef {
                let enum_items = Self::all().iter().map(Few::value).collect();
                MetaSchemaRef::Inline(Box::new(MetaSchema { enum_items, ..MetaSchema::new(Self::TYPE) }))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl ParseFromJSON for $name {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                let known = Self::all().into_iter().find(|one| Some(one.value()) == value);
                known.ok_or_else(|| ParseError::custom("is not one of the allowed values"))
            }
        }

        impl ToJSON for $name {
            fn to_json(&self) -> Option<Value> {
                Some(self.value())
            }
        }
    )+};
}

few!(ServedCountry, Accepted);
