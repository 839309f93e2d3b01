//! Where a request is made, and in which language it is answered.

use std::sync::{Arc, OnceLock};

use super::language::accepted_tags;
use super::{Language, Region, language_for};

/// Bytes of `Accept-Language` that are read; browsers send a tenth of it.
const MAX_ACCEPT: usize = 1000;

/// What is known of a request's place. Its copies are one: what the caller's verification tells, the others see.
#[derive(Clone, Debug, Default)]
pub struct Locality(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    accepts: String,
    clinic: OnceLock<(&'static Region, Language)>,
}

impl Locality {
    /// Of a request with this `Accept-Language`; a longer one than anybody sends counts as none.
    #[must_use]
    pub fn accepting(header: String) -> Self {
        let accepts = if header.len() > MAX_ACCEPT { String::new() } else { header };
        Self(Arc::new(Known { accepts, clinic: OnceLock::new() }))
    }

    /// Whose request it is, once that is known: a clinic of this country, which writes in this language.
    pub fn is_of_clinic(&self, country: &str, language: &str) {
        if let Some(region) = Region::parse(country) {
            // A request has one caller.
            let _ = self.0.clinic.set((region, language_for(Some(language), region)));
        }
    }

    /// The region by whose rules the request is read: the clinic's, then that of the `Accept-Language`, then the default.
    #[must_use]
    pub fn region(&self) -> &'static Region {
        let clinic = self.0.clinic.get().map(|(region, _)| *region);
        clinic
            .or_else(|| accepted_tags(&self.0.accepts).into_iter().find_map(region_of))
            .unwrap_or_else(Region::fallback)
    }

    /// The language in which failures are told: the `Accept-Language`'s, then the clinic's, then English.
    #[must_use]
    pub fn language(&self) -> Language {
        let clinic = || self.0.clinic.get().map(|(_, language)| *language);
        Language::accepted(&self.0.accepts).or_else(clinic).unwrap_or(Language::ENGLISH)
    }
}

/// The region that a language tag names (BCP 47: two letters, behind language and script, before any extension).
fn region_of(tag: &str) -> Option<&'static Region> {
    tag.split(['-', '_']).skip(1).take_while(|subtag| subtag.len() > 1).find_map(Region::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(accepts: &str) -> Locality {
        Locality::accepting(accepts.to_owned())
    }

    #[test]
    fn a_requests_region_is_its_clinics_then_the_accepted_one_then_the_default() {
        for (accepts, expected) in [
            ("", "FR"),
            ("de", "FR"),
            ("fr-CH, fr;q=0.9", "CH"),
            ("en;q=0.9, de-AT, pt-PT;q=0.5", "PT"),
            ("de-Latn-DE", "DE"),
            ("en_GB", "GB"),
            ("fr;q=0.1, it-IT;q=0", "FR"),
            ("zh-u-be", "FR"),
            ("*", "FR"),
        ] {
            let place = place(accepts);
            assert_eq!(place.region().country, expected, "{accepts}");
            place.is_of_clinic("ES", "es");
            assert_eq!(place.region().country, "ES", "{accepts}: the clinic's goes first");
        }
    }

    #[test]
    fn a_failure_is_told_in_the_accepted_language_then_the_clinics_then_english() {
        let spoken = |accepts: &str, clinic: Option<(&str, &str)>| {
            let place = place(accepts);
            if let Some((country, language)) = clinic {
                place.is_of_clinic(country, language);
            }
            place.language().tag()
        };
        assert_eq!(spoken("", None), "en");
        assert_eq!(spoken("ja, *", None), "en");
        assert_eq!(spoken("es-AR, fr;q=0.5", None), "es");
        assert_eq!(spoken("es", Some(("FR", "fr"))), "es");
        assert_eq!(spoken("", Some(("FR", "fr-BE"))), "fr");
        assert_eq!(spoken("ja", Some(("ES", "es"))), "es");
        assert_eq!(spoken("", Some(("ES", "nl"))), "es", "no Dutch: the region's");
        assert_eq!(spoken("", Some(("US", "fr"))), "en", "no such region: nothing is known");
    }

    #[test]
    fn what_one_copy_is_told_all_know_and_the_first_word_counts() {
        let place = place("");
        place.clone().is_of_clinic("BE", "fr");
        place.is_of_clinic("DE", "de");
        assert_eq!((place.region().country, place.language().tag()), ("BE", "fr"));
    }

    #[test]
    fn a_header_without_end_is_not_read() {
        assert_eq!(place(&"fr,".repeat(300)).language().tag(), "fr");
        assert_eq!(place(&"fr,".repeat(400)).language().tag(), "en");
    }
}
