use std::collections::HashSet;

use super::*;

fn region(country: &str) -> &'static Region {
    Region::parse(country).unwrap()
}

#[test]
fn a_country_is_found_by_its_code_only() {
    assert_eq!(region("FR").country, "FR");
    assert_eq!(region("fr").country, "FR");
    for unknown in ["", "F", "FRA", "France", "US", " FR", "UK", "É"] {
        assert!(Region::parse(unknown).is_none(), "{unknown:?}");
    }
}

#[test]
fn the_first_nine_are_there_once() {
    let countries: Vec<_> = Region::all().iter().map(|region| region.country).collect();
    for country in ["FR", "ES", "BE", "CH", "DE", "IT", "PT", "LU", "GB"] {
        assert_eq!(countries.iter().filter(|known| **known == country).count(), 1, "{country}");
    }
    assert_eq!(countries.iter().collect::<HashSet<_>>().len(), countries.len());
}

/// The forms are those that central's CHECK constraints ask of a company.
#[test]
fn every_region_is_well_formed() {
    let letters = |text: &str, length, valid: fn(&char) -> bool| {
        text.chars().count() == length && text.chars().all(|letter| valid(&letter))
    };
    for region in Region::all() {
        let country = region.country;
        assert!(letters(country, 2, char::is_ascii_uppercase), "{country}");
        assert!(letters(region.default_language, 2, char::is_ascii_lowercase), "{country}");
        assert!(letters(region.currency, 3, char::is_ascii_uppercase), "{country}");
        assert!(region.time_zone.name().contains('/'), "{country}");
        assert!(!region.tax.label.is_empty(), "{country}");
        assert!((1..=100).contains(&region.retention.years), "{country}");
        assert!(!region.retention.source.is_empty(), "{country}");
    }
}

#[test]
fn every_region_has_a_standard_rate_and_exempts_care_and_names_its_laws() {
    for region in Region::all() {
        let country = region.country;
        let standard = region.tax_rate(TaxCategory::Standard).unwrap();
        assert_eq!(region.tax.rates.first(), Some(standard), "{country}");
        assert_eq!(region.tax_rate(TaxCategory::ExemptHealthcare).unwrap().basis_points, 0, "{country}");
        let categories: HashSet<_> = region.tax.rates.iter().map(|rate| rate.category).collect();
        assert_eq!(categories.len(), region.tax.rates.len(), "{country}");
        for rate in region.tax.rates {
            assert!(rate.basis_points <= standard.basis_points, "{country}");
            assert!(rate.source.contains(|character: char| character.is_ascii_digit()), "{country}: which article?");
        }
        for (higher, lower) in [
            (TaxCategory::Standard, TaxCategory::Intermediate),
            (TaxCategory::Intermediate, TaxCategory::Reduced),
            (TaxCategory::Reduced, TaxCategory::SuperReduced),
        ] {
            if let (Some(higher), Some(lower)) = (region.tax_rate(higher), region.tax_rate(lower)) {
                assert!(higher.basis_points > lower.basis_points, "{country}");
            }
        }
    }
}

#[test]
fn numbers_of_different_kinds_cannot_be_confused() {
    for region in Region::all() {
        let Numbering { patient, quote, invoice, credit_note } = region.numbering;
        let prefixes = [patient, quote, invoice, credit_note];
        assert_eq!(prefixes.iter().collect::<HashSet<_>>().len(), prefixes.len(), "{}", region.country);
        for prefix in prefixes {
            assert!((1..=4).contains(&prefix.len()) && prefix.chars().all(|letter| letter.is_ascii_uppercase()));
        }
    }
}

#[test]
fn language_falls_back_from_request_to_region_to_english() {
    let language = |requested, country| language_for(requested, region(country)).tag();
    assert_eq!(language(Some("es"), "FR"), "es", "language and region are independent");
    assert_eq!(language(Some("fr-BE"), "ES"), "fr");
    assert_eq!(language(None, "ES"), "es");
    assert_eq!(language(None, "GB"), "en");
    assert_eq!(language(Some("nl-BE"), "BE"), "fr", "no Dutch: the region's");
    assert_eq!(language(Some(""), "FR"), "fr");
}

#[test]
fn a_default_language_without_texts_becomes_english() {
    for region in Region::all() {
        let expected = Language::lookup(region.default_language).unwrap_or(Language::ENGLISH);
        assert_eq!(language_for(None, region), expected);
        assert_eq!(language_for(Some("xx"), region), expected);
    }
}

#[test]
fn a_region_serialises_for_a_clinics_settings() {
    let france = serde_json::to_value(region("FR")).unwrap();
    assert_eq!(france["timeZone"], "Europe/Paris");
    assert_eq!(france["tax"]["rates"][0]["category"], "standard");
    assert_eq!(france["tax"]["rates"][0]["basisPoints"], 2000);
    assert_eq!(france["numbering"]["creditNote"], "AVO");
    assert_eq!(france["firstWeekday"], "Mon");
}
