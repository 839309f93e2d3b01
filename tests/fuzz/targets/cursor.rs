//! Cursors: one leads on where it was given out, to the row that it was given out for, and nowhere else.

#![no_main]

use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use chrono::NaiveDate;
use libfuzzer_sys::fuzz_target;
use medicalpro::api::list::{After, Cursors, Limit};
use medicalpro::api::text::CursorText;
use medicalpro::secrets::MasterKeys;
use uuid::Uuid;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    text: &'a str,
    key: &'a str,
    id: u128,
    list: [&'a str; 2],
    shape: [Vec<&'a str>; 2],
    at: u16,
    byte: u8,
}

static CURSORS: LazyLock<Cursors> = LazyLock::new(cursors);
/// Of which none was given out: libFuzzer learns from comparisons which ones of the others were.
static UNUSED: LazyLock<Cursors> = LazyLock::new(cursors);

fn cursors() -> Cursors {
    Cursors::new(Arc::new(MasterKeys::parse(&MasterKeys::generate(NaiveDate::MIN)).unwrap()))
}

fn opened(text: &str, list: &str, shape: &[&str]) -> Option<After> {
    opened_by(&CURSORS, text, list, shape)
}

fn opened_by(cursors: &Cursors, text: &str, list: &str, shape: &[&str]) -> Option<After> {
    let cursor: CursorText = text.parse().ok()?;
    cursors.page_in(list, None, Some(&cursor), shape).ok()?.after
}

fuzz_target!(|input: Input| {
    let Input { text, key, id, list: [here, elsewhere], shape: [shape, other], at, byte } = input;
    assert_eq!(opened_by(&UNUSED, text, here, &shape), None, "made up");
    // As long as what is sorted by may be: two names of a hundred letters.
    let key: String = key.chars().filter(|letter| !letter.is_control()).take(201).collect();
    let after = After { key, id: Uuid::from_u128(id) };
    let page = CURSORS.page_in(here, Some(Limit::of(1)), None, &shape).unwrap();
    let cursor = page.answer(vec![1, 2], |_| After { key: after.key.clone(), id: after.id }).unwrap().next_cursor.unwrap();
    assert_eq!(opened(&cursor, here, &shape), Some(After { key: after.key.clone(), id: after.id }), "leads on: {}", cursor.len());
    if here != elsewhere {
        assert_eq!(opened(&cursor, elsewhere, &shape), None, "another list");
    }
    if shape != other {
        assert_eq!(opened(&cursor, here, &other), None, "another shape: {shape:?}, {other:?}");
    }
    let mut edited = cursor.clone().into_bytes();
    let at = usize::from(at) % edited.len();
    if edited[at] != byte {
        edited[at] = byte;
        if let Ok(edited) = std::str::from_utf8(&edited) {
            assert_eq!(opened(edited, here, &shape), None, "edited: {edited}");
        }
    }
});
