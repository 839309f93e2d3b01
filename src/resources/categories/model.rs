//! What a category looks like: as answered, as made, as changed.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::idempotency::Kept;
use crate::api::text::{CategoryName, Color, Description};
use crate::clinic::Access;

/// The order of a list of categories; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "CategorySort")]
pub enum Sort {
    /// As the clinic has put them.
    #[oai(rename = "position")]
    Position,
    /// From the last.
    #[oai(rename = "-position")]
    PositionDescending,
    /// By name.
    #[oai(rename = "name")]
    Name,
    /// By name, from the end.
    #[oai(rename = "-name")]
    NameDescending,
}

impl Sort {
    /// A category's place in this order, as text.
    pub(super) fn key_of(self, category: &Category) -> String {
        match self {
            Self::Position | Self::PositionDescending => category.position.to_string(),
            Self::Name | Self::NameDescending => category.name.as_str().to_owned(),
        }
    }
}

/// A category.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Category {
    /// Identifies the category in this clinic.
    pub id: Uuid,
    /// The category that it lies below; none for one at the top.
    #[oai(skip_serializing_if_is_none)]
    pub parent_id: Option<Uuid>,
    /// What it is called; no other beside it is called so.
    pub name: CategoryName,
    /// What is in it.
    #[oai(skip_serializing_if_is_none)]
    pub description: Option<Description>,
    /// On screens.
    #[oai(skip_serializing_if_is_none)]
    pub color: Option<Color>,
    /// Its place among those beside it; equal ones in the order of their making.
    pub position: i32,
    /// When the category was made.
    pub created_at: DateTime<Utc>,
    /// When the category was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the category was archived.
    #[oai(skip_serializing_if_is_none)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Category {
    const PATH: &'static str = "/api/v1/categories";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Category {
    fn shown(&self) -> Access {
        Access::read("categories", self.id, None)
    }
}

crate::from_row!(Category {
    id,
    parent_id,
    name,
    description,
    color,
    position,
    created_at,
    updated_at,
    deleted_at,
    version
});

/// A category to be made.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewCategory {
    /// The category that it lies below; at the top when absent.
    pub parent_id: Option<Uuid>,
    /// What it is called.
    pub name: CategoryName,
    /// What is in it.
    pub description: Option<Description>,
    /// On screens.
    pub color: Option<Color>,
    /// Its place among those beside it; 0 when absent.
    #[oai(validator(minimum(value = "0"), maximum(value = "10000")))]
    pub position: Option<i32>,
}

/// Changes to a category (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct CategoryPatch {
    /// The category that it lies below, and moves to with all that lies below itself; null moves it to the top.
    #[oai(nullable)]
    pub parent_id: MaybeUndefined<Uuid>,
    /// What it is called.
    #[oai(skip_serializing_if_is_none)]
    pub name: Option<CategoryName>,
    /// What is in it.
    #[oai(nullable)]
    pub description: MaybeUndefined<Description>,
    /// On screens.
    #[oai(nullable)]
    pub color: MaybeUndefined<Color>,
    /// Its place among those beside it.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "0"), maximum(value = "10000")))]
    pub position: Option<i32>,
}

impl CategoryPatch {
    /// The category after these changes.
    pub(super) fn applied(self, category: Category) -> NewCategory {
        let mut changed = NewCategory {
            parent_id: category.parent_id,
            name: self.name.unwrap_or(category.name),
            description: category.description,
            color: category.color,
            position: self.position.or(Some(category.position)),
        };
        self.parent_id.update_to(&mut changed.parent_id);
        self.description.update_to(&mut changed.description);
        self.color.update_to(&mut changed.color);
        changed
    }
}

impl Example for NewCategory {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        Self {
            parent_id: None,
            name: "Prevention".parse().expect("a name"),
            description: "Vaccinations and check-ups.".parse().ok(),
            color: "#2e7d32".parse().ok(),
            position: Some(1),
        }
    }
}

impl Example for CategoryPatch {
    fn example() -> Self {
        Self {
            parent_id: MaybeUndefined::Undefined,
            name: "Prevention and check-ups".parse().ok(),
            description: MaybeUndefined::Null,
            color: MaybeUndefined::Undefined,
            position: None,
        }
    }
}

impl Example for Category {
    fn example() -> Self {
        let NewCategory { parent_id, name, description, color, position } = NewCategory::example();
        let at = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0030),
            parent_id,
            name,
            description,
            color,
            position: position.unwrap_or_default(),
            created_at: at,
            updated_at: at,
            deleted_at: None,
            version: 1,
        }
    }
}
