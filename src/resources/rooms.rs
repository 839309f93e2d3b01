//! Rooms of facilities: what cannot be booked twice at a time.
//!
//! Invariant: a room that is not archived lies in a facility that is not; whoever enters one holds the facility meanwhile.

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, Resource, expect_version};
use crate::api::body::Body;
use crate::api::idempotency::{Kept, Once};
use crate::api::list::{After, Cursors, LIMITS, Limit, Page, order, seen};
use crate::api::text::{CursorText, EntityTags, IdempotencyKey, RoomName};
use crate::auth::caller::Bearer;
use crate::clinic::{Access, Clinics};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::ids::Role;
use crate::sql;
use crate::transaction;

/// A facility's rooms bear different names.
pub const NAME_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "rooms_name_key",
    code: "room_name_taken",
    detail: "Another room of the facility has this name.",
    pointer: "/name",
};

const WRITERS: [Role; 2] = [Role::Admin, Role::Manager];

macro_rules! columns {
    () => {
        "id, facility_id, name, active, created_at, updated_at, version"
    };
}

sql! { Clinic;
    /// A page of a facility's rooms, and the audit row of their being seen: by order with its beginning, and size. No row at all without the facility.
    LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM rooms
                   WHERE company_id = $1 AND facility_id = $2 AND deleted_at IS NULL")),
        [
            order!(3, 4; first, "name", "ASC"),
            order!(3, 4; after, "name", "text", ">", "ASC"),
            order!(3, 4; first, "name", "DESC"),
            order!(3, 4; after, "name", "text", "<", "DESC"),
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $5: the rows of the page.
        (seen!("rooms", 5, of "EXISTS (SELECT FROM medical_facilities f WHERE f.company_id = $1 AND f.id = $2 AND f.deleted_at IS NULL)"));
    /// One room, and the audit row of its being read.
    FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'rooms', ARRAY[id], '{}')
                    FROM rooms WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// One room, held until the transaction ends.
    FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM rooms WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE"));
    /// The facility of a room to be: not archived meanwhile.
    HOLD_FACILITY by WRITERS;
        "SELECT id FROM medical_facilities WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR SHARE";
    /// A new room.
    INSERT by WRITERS;
        (concat!("INSERT INTO rooms (company_id, id, facility_id, name, active) VALUES ($1, $2, $3, $4, $5) RETURNING ", columns!()));
    /// Everything that a client may change.
    UPDATE by WRITERS;
        (concat!("UPDATE rooms SET name = $3, active = $4 WHERE company_id = $1 AND id = $2 RETURNING ", columns!()));
    /// Archives a room: appointments that were go on naming it.
    ARCHIVE by WRITERS;
        "UPDATE rooms SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING version - 1";
    /// Whether somebody is still expected there.
    EXPECTED by WRITERS;
        "SELECT FROM appointments
          WHERE company_id = $1 AND room_id = $2 AND ends_at > now() AND deleted_at IS NULL
            AND status IN ('scheduled', 'confirmed', 'checked_in') LIMIT 1";
}

/// The order of a list of rooms; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RoomSort {
    /// By name.
    #[oai(rename = "name")]
    Name,
    /// By name, from the end.
    #[oai(rename = "-name")]
    NameDescending,
}

/// A room of a facility.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Room {
    /// Identifies the room in this clinic.
    pub id: Uuid,
    /// Where it is.
    pub facility_id: Uuid,
    /// As its door says.
    pub name: RoomName,
    /// Whether it can be booked.
    pub active: bool,
    /// When the room was entered.
    pub created_at: DateTime<Utc>,
    /// When the room was last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Room {
    const PATH: &'static str = "/api/v1/rooms";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Room {
    fn shown(&self) -> Access {
        Access::read("rooms", self.id, None)
    }
}

crate::from_row!(Room { id, facility_id, name, active, created_at, updated_at, version });

/// A room to be entered.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewRoom {
    /// As its door says.
    pub name: RoomName,
    /// Whether it can be booked; it can when absent.
    pub active: Option<bool>,
}

/// Changes to a room (JSON merge patch, RFC 7396): absent leaves.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct RoomPatch {
    /// As its door says.
    pub name: Option<RoomName>,
    /// Whether it can be booked.
    pub active: Option<bool>,
}

/// The operations on rooms.
#[derive(Clone, Copy, Debug)]
pub struct Rooms;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Clinic")]
impl Rooms {
    /// List a facility's rooms
    ///
    /// By name unless `sort` says otherwise.
    #[oai(path = "/facilities/:id/rooms", method = "get", operation_id = "rooms_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The facility.
        id: Path<Uuid>,
        /// The order.
        sort: Query<Option<RoomSort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Room>>> {
        let (caller, sort) = (&bearer.0, sort.0.unwrap_or(RoomSort::Name));
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&format!("{} {sort:?}", id.0)])?;
        let order = 2 * sort as usize + usize::from(page.after.is_some());
        let statement = LIST.pick(&[order, page.bucket()]);
        let (key, last) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx.page(statement.clone(), &[&id.0, &key, &last, &page.rows()]).await?;
            let found = rows.iter().map(Room::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |room: &Room| After { key: room.name.as_str().to_owned(), id: room.id })
        })?;
        Ok(Listed(answer))
    }

    /// Enter a room
    ///
    /// Its name is the only one in its facility: else 409 `room_name_taken`.
    #[oai(path = "/facilities/:id/rooms", method = "post", operation_id = "rooms_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The facility.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewRoom>,
    ) -> Result<Created<Room>> {
        let (caller, new) = (&bearer.0, &body.value);
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), &body.raw]);
        let room = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            tx.one(&HOLD_FACILITY, &[&id.0]).await?;
            let active = new.active.unwrap_or(true);
            let row = tx.one(&INSERT, &[&Uuid::now_v7(), &id.0, &new.name, &active]).await?;
            once.remember(tx, Room::try_from(&row)?).await
        })?;
        Ok(Created(room))
    }

    /// Read a room
    ///
    /// One that was deleted is not found.
    #[oai(path = "/rooms/:id", method = "get", operation_id = "rooms_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The room.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Room>> {
        let room = transaction!(clinics.read(&bearer.0), |tx| Ok(Room::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(room, if_none_match.as_ref()))
    }

    /// Change a room
    ///
    /// A JSON merge patch: what is absent stays.
    #[oai(path = "/rooms/:id", method = "patch", operation_id = "rooms_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The room.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<RoomPatch>,
    ) -> Result<Found<Room>> {
        let room = transaction!(clinics.write(&bearer.0), |tx| {
            let room = Room::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), room.version)?;
            let name = body.value.name.as_ref().unwrap_or(&room.name);
            let active = body.value.active.unwrap_or(room.active);
            Ok(Room::try_from(&tx.one(&UPDATE, &[&id.0, name, &active]).await?)?)
        })?;
        Ok(Found(room))
    }

    /// Delete a room
    ///
    /// 409 `room_has_appointments` where some are to come. What was there goes on naming it; its name is free.
    #[oai(path = "/rooms/:id", method = "delete", operation_id = "rooms_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The room.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&ARCHIVE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)?;
            if tx.row(&EXPECTED, &[&id.0]).await?.is_some() {
                let detail = "The room has appointments to come.".into();
                return Err(ApiError::Conflict { code: "room_has_appointments", detail, pointer: None });
            }
            Ok(())
        })?;
        Ok(Done)
    }
}

impl Example for NewRoom {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        Self { name: "Room 2".parse().expect("a name"), active: Some(true) }
    }
}

impl Example for RoomPatch {
    fn example() -> Self {
        Self { name: "Room 3".parse().ok(), active: Some(false) }
    }
}

impl Example for Room {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0021),
            facility_id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0020),
            name: NewRoom::example().name,
            active: true,
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }
}
