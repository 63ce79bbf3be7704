//! Tokens: what a peer must know to be let in, at both seams.

/// Whether a token is the wanted one, in a time that does not depend on where the difference is.
pub fn is_same(given: &[u8], wanted: &[u8]) -> bool {
    let difference = given.iter().zip(wanted).fold(0, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0 && given.len() == wanted.len()
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn only_the_whole_token_is_the_token() {
        assert!(is_same(b"abc", b"abc"));
        for wrong in [&b"ab"[..], b"abcd", b"abd", b""] {
            assert!(!is_same(wrong, b"abc"));
        }
    }
}
