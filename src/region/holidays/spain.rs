//! Spain: the State's days, and what the communities make of them.
//!
//! Estatuto de los Trabajadores, art. 37.2, and Real Decreto 2001/1983, art. 45 and 46: a community may put a day of its own in the place of some, and
//! move one that falls on a Sunday to the Monday. Each decides so once a year (in the Boletín Oficial del Estado, every autumn): what stands here is what
//! it does every year, and for 2024 to 2026 what it decided. The two days of a town are closures, and so is what is decided for later years.

use super::rules::{
    ALL_SAINTS, ASSUMPTION, CHRISTMAS, CORPUS_CHRISTI, EASTER_MONDAY, EPIPHANY, GOOD_FRIDAY, IMMACULATE_CONCEPTION,
    LABOUR_DAY, NEW_YEAR, ST_JOSEPH, ST_STEPHEN,
};
use super::{Country, Rule, easter, monday, on, once};

const MAUNDY_THURSDAY: Rule = easter("maundy_thursday", -3);
const ST_JAMES: Rule = on("st_james", 7, 25);
const ST_JOHN: Rule = on("st_john", 6, 24);

// Moved to the Monday.
const NEW_YEAR_MOVED: Rule = monday("new_year", 1, 1);
const EPIPHANY_MOVED: Rule = monday("epiphany", 1, 6);
const LABOUR_DAY_MOVED: Rule = monday("labour_day", 5, 1);
const ASSUMPTION_MOVED: Rule = monday("assumption", 8, 15);
const NATIONAL_DAY_MOVED: Rule = monday("national_day", 10, 12);
const ALL_SAINTS_MOVED: Rule = monday("all_saints", 11, 1);
const CONSTITUTION_MOVED: Rule = monday("constitution_day", 12, 6);
const IMMACULATE_MOVED: Rule = monday("immaculate_conception", 12, 8);
const CHRISTMAS_MOVED: Rule = monday("christmas_day", 12, 25);

pub(super) const SPAIN: Country = Country {
    code: "ES",
    days: &[
        NEW_YEAR,
        EPIPHANY,
        GOOD_FRIDAY,
        LABOUR_DAY,
        ASSUMPTION,
        on("national_day", 10, 12),
        ALL_SAINTS,
        on("constitution_day", 12, 6),
        IMMACULATE_CONCEPTION,
        CHRISTMAS,
    ],
    parts: &[
        (
            &["AN"],
            &[
                NEW_YEAR_MOVED,
                EPIPHANY_MOVED,
                on("regional_day", 2, 28),
                monday("regional_day", 2, 28),
                MAUNDY_THURSDAY,
                LABOUR_DAY_MOVED,
                ASSUMPTION_MOVED,
                NATIONAL_DAY_MOVED,
                ALL_SAINTS_MOVED,
                CONSTITUTION_MOVED,
                IMMACULATE_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["AR"],
            &[
                NEW_YEAR_MOVED,
                EPIPHANY_MOVED,
                MAUNDY_THURSDAY,
                on("regional_day", 4, 23),
                monday("regional_day", 4, 23),
                LABOUR_DAY_MOVED,
                ASSUMPTION_MOVED,
                NATIONAL_DAY_MOVED,
                ALL_SAINTS_MOVED,
                CONSTITUTION_MOVED,
                IMMACULATE_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["AS"],
            &[
                NEW_YEAR_MOVED,
                EPIPHANY_MOVED,
                MAUNDY_THURSDAY,
                LABOUR_DAY_MOVED,
                ASSUMPTION_MOVED,
                on("regional_day", 9, 8),
                monday("regional_day", 9, 8),
                NATIONAL_DAY_MOVED,
                ALL_SAINTS_MOVED,
                CONSTITUTION_MOVED,
                IMMACULATE_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["CB"],
            &[
                MAUNDY_THURSDAY,
                once("easter_monday", 2024, 4, 1),
                once("st_james", 2024, 7, 25),
                on("regional_day", 7, 28),
                on("our_lady_bien_aparecida", 9, 15),
                CONSTITUTION_MOVED.since(2026),
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["CE"],
            &[
                EPIPHANY_MOVED,
                MAUNDY_THURSDAY,
                once("eid_al_fitr", 2024, 4, 10),
                once("eid_al_fitr", 2025, 3, 31),
                once("eid_al_fitr", 2026, 3, 20),
                once("eid_al_adha", 2024, 6, 17),
                once("eid_al_adha", 2025, 6, 6),
                once("eid_al_adha", 2026, 5, 27),
                on("st_anthony", 6, 13),
                monday("st_anthony", 6, 13),
                on("our_lady_of_africa", 8, 5),
                on("regional_day", 9, 2).never_in(&[2025]),
            ],
        ),
        (
            &["CL"],
            &[
                NEW_YEAR_MOVED,
                EPIPHANY_MOVED,
                MAUNDY_THURSDAY,
                on("regional_day", 4, 23),
                monday("regional_day", 4, 23),
                LABOUR_DAY_MOVED,
                ASSUMPTION_MOVED,
                NATIONAL_DAY_MOVED,
                ALL_SAINTS_MOVED,
                CONSTITUTION_MOVED,
                IMMACULATE_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["CM"],
            &[
                MAUNDY_THURSDAY,
                once("easter_monday", 2026, 4, 6),
                CORPUS_CHRISTI,
                on("regional_day", 5, 31),
                ALL_SAINTS_MOVED.since(2026),
                CHRISTMAS_MOVED,
            ],
        ),
        // The islands add a day each.
        (
            &["CN"],
            &[
                EPIPHANY_MOVED,
                MAUNDY_THURSDAY,
                on("regional_day", 5, 30),
                monday("regional_day", 5, 30),
                ASSUMPTION_MOVED,
                ALL_SAINTS_MOVED.since(2026),
                CHRISTMAS_MOVED,
            ],
        ),
        (&["CT"], &[EASTER_MONDAY, ST_JOHN, on("regional_day", 9, 11), ST_STEPHEN]),
        (
            &["EX"],
            &[
                EPIPHANY_MOVED,
                once("shrove_tuesday", 2024, 2, 13),
                MAUNDY_THURSDAY,
                on("regional_day", 9, 8),
                monday("regional_day", 9, 8).since(2025),
                NATIONAL_DAY_MOVED,
                ALL_SAINTS_MOVED,
                CONSTITUTION_MOVED,
                IMMACULATE_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["GA"],
            &[
                once("st_joseph", 2026, 3, 19),
                MAUNDY_THURSDAY,
                on("galician_literature_day", 5, 17),
                once("st_john", 2026, 6, 24),
                on("regional_day", 7, 25),
            ],
        ),
        (
            &["IB"],
            &[
                on("regional_day", 3, 1),
                monday("regional_day", 3, 1).since(2026),
                MAUNDY_THURSDAY,
                EASTER_MONDAY.never_in(&[2025]),
                CHRISTMAS_MOVED,
                once("st_stephen", 2025, 12, 26),
                once("st_stephen", 2026, 12, 26),
            ],
        ),
        (
            &["MC"],
            &[
                NEW_YEAR_MOVED,
                EPIPHANY_MOVED,
                ST_JOSEPH,
                MAUNDY_THURSDAY,
                LABOUR_DAY_MOVED,
                on("regional_day", 6, 9).never_in(&[2024]),
                monday("regional_day", 6, 9).never_in(&[2024]),
                CONSTITUTION_MOVED,
                IMMACULATE_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["MD"],
            &[
                EPIPHANY_MOVED,
                MAUNDY_THURSDAY,
                on("regional_day", 5, 2),
                monday("regional_day", 5, 2),
                once("st_james", 2024, 7, 25),
                once("st_james", 2025, 7, 25),
                ALL_SAINTS_MOVED,
                CONSTITUTION_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["ML"],
            &[
                EPIPHANY_MOVED,
                MAUNDY_THURSDAY,
                once("eid_al_fitr", 2024, 4, 10),
                once("eid_al_fitr", 2025, 3, 31),
                once("eid_al_fitr", 2026, 3, 20),
                once("eid_al_adha", 2024, 6, 17),
                once("eid_al_adha", 2025, 6, 6),
                once("eid_al_adha", 2026, 5, 27),
                on("our_lady_of_victory", 9, 8).never_in(&[2024]),
                monday("our_lady_of_victory", 9, 8).never_in(&[2024]),
                on("regional_day", 9, 17),
                monday("regional_day", 9, 17),
                CONSTITUTION_MOVED,
                IMMACULATE_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (
            &["NC"],
            &[
                EPIPHANY_MOVED,
                once("st_joseph", 2026, 3, 19),
                MAUNDY_THURSDAY,
                EASTER_MONDAY,
                once("st_james", 2024, 7, 25),
                once("st_james", 2025, 7, 25),
                ALL_SAINTS_MOVED.since(2026),
                on("regional_day", 12, 3),
                monday("regional_day", 12, 3),
                CHRISTMAS_MOVED,
            ],
        ),
        (&["PV"], &[once("st_joseph", 2026, 3, 19), MAUNDY_THURSDAY, EASTER_MONDAY, ST_JAMES]),
        (
            &["RI"],
            &[
                MAUNDY_THURSDAY,
                EASTER_MONDAY,
                on("regional_day", 6, 9),
                monday("regional_day", 6, 9),
                CONSTITUTION_MOVED,
                CHRISTMAS_MOVED,
            ],
        ),
        (&["VC"], &[ST_JOSEPH, EASTER_MONDAY, ST_JOHN, on("regional_day", 10, 9)]),
    ],
    others: "",
};
