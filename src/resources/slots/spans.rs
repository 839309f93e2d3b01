//! Stretches of time: how they are joined, cut and taken from each other.

use std::ops::Range;

use chrono::{DateTime, Utc};

/// From an instant up to, and without, another.
pub type Span = Range<DateTime<Utc>>;

/// All the time that any of these covers, in order, each stretch as long as it can be.
#[must_use]
pub fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.start < span.end);
    spans.sort_unstable_by_key(|span| span.start);
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// The time that lies in one of these, and in one of those too.
#[must_use]
pub fn within(these: &[Span], those: &[Span]) -> Vec<Span> {
    let both = |one: &Span| {
        let (start, end) = (one.start, one.end);
        those.iter().map(move |other| start.max(other.start)..end.min(other.end)).collect::<Vec<_>>()
    };
    union(these.iter().flat_map(both).collect())
}

/// The time that lies in one of these, and in none of those.
#[must_use]
pub fn without(these: &[Span], those: &[Span]) -> Vec<Span> {
    let rest = union(those.to_vec()).into_iter().fold(union(these.to_vec()), |left, gone| {
        left.into_iter()
            .flat_map(|one| [one.start..one.end.min(gone.start), one.start.max(gone.end)..one.end])
            .collect()
    });
    union(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(hours: &[(i64, i64)]) -> Vec<Span> {
        let at = |hour: i64| DateTime::from_timestamp(hour * 3600, 0).unwrap();
        hours.iter().map(|(start, end)| at(*start)..at(*end)).collect()
    }

    #[test]
    fn time_is_joined_cut_and_taken_away() {
        assert_eq!(union(spans(&[(5, 6), (1, 3), (2, 4), (4, 5), (8, 8), (9, 7)])), spans(&[(1, 6)]));
        assert_eq!(within(&spans(&[(1, 5), (6, 9)]), &spans(&[(0, 2), (4, 7)])), spans(&[(1, 2), (4, 5), (6, 7)]));
        assert_eq!(
            without(&spans(&[(1, 5), (6, 9)]), &spans(&[(2, 3), (4, 7), (9, 10)])),
            spans(&[(1, 2), (3, 4), (7, 9)])
        );
        assert_eq!(without(&spans(&[(1, 5)]), &spans(&[(0, 6)])), []);
        assert_eq!(without(&spans(&[(1, 5)]), &spans(&[(3, 3)])), spans(&[(1, 5)]), "an empty stretch divides nothing");
    }
}
