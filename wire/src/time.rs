//! Time stamps as text (RFC 3339, UTC), from a clock reading that comes in as an argument.

/// RFC 3339 in UTC with microseconds, for example `2026-01-31T08:05:09.000120Z`.
///
/// `unix_nanos` counts from 1970-01-01T00:00:00Z. The calendar is the proleptic Gregorian one, by Howard Hinnant's
/// `civil_from_days`.
pub fn rfc3339(unix_nanos: u64) -> String {
    let micros = unix_nanos / 1_000 % 1_000_000;
    let seconds = unix_nanos / 1_000_000_000;
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn known_moments() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339(951_782_400_000_000_000), "2000-02-29T00:00:00.000000Z");
        assert_eq!(rfc3339(1_735_689_599_999_999_999), "2024-12-31T23:59:59.999999Z");
    }
}
