//! Finds what somebody means by a few letters.

/// How well `text` answers `query`; none when a letter is missing. More is better. Case does not count.
pub fn score(query: &str, text: &str) -> Option<i32> {
    let query: Vec<char> =
        query.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect();
    let letters: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let plain: String = letters.iter().filter(|letter| !letter.is_whitespace()).collect();
    let wanted: String = query.iter().collect();
    let mut total = if !wanted.is_empty() && plain.contains(&wanted) { 60 } else { 0 };
    // Letters that stand together somewhere are looked for there, and not one by one from the start.
    let together = letters.windows(query.len().max(1)).position(|part| *part == *query);
    let (mut place, mut last) = (together.unwrap_or(0), None::<usize>);
    for letter in query {
        let found = letters.get(place..)?.iter().position(|candidate| *candidate == letter)? + place;
        let begins_word = found == 0 || letters.get(found - 1).is_some_and(|before| !before.is_alphanumeric());
        total += if begins_word { 8 } else { 1 };
        total += if last.is_some_and(|last| last + 1 == found) { 6 } else { 0 };
        last = Some(found);
        place = found + 1;
    }
    Some(total * 4 - i32::try_from(letters.len()).unwrap_or(i32::MAX / 8).min(100))
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn the_nearest_comes_first() {
        let best = |query: &str| {
            let texts = [
                "Show mixer",
                "Save as…",
                "Save",
                "Play or pause",
                "Panic: silence everything",
                "Show messages",
                "Show surfaces",
                "Import for control surfaces…",
            ];
            texts.into_iter().filter_map(|text| Some((score(query, text)?, text))).max().map(|(_, text)| text)
        };
        assert_eq!(best("mix"), Some("Show mixer"));
        assert_eq!(best("save"), Some("Save"));
        assert_eq!(best("pp"), Some("Play or pause"));
        assert_eq!(best("PANIC"), Some("Panic: silence everything"));
        assert_eq!(best("shmes"), Some("Show messages"));
        assert_eq!(best("surfaces"), Some("Show surfaces"));
        assert_eq!(best("xyz"), None);
    }
}
