//! Bytes as people read them in manuals: `F0 7E 06`.

/// Two capital digits per byte, with spaces.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

/// Words of hex digits; none if one of them is no byte.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    text.split_whitespace().map(|word| u8::from_str_radix(word, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_being_read() {
        assert_eq!(text(&[0xf0, 0x7e, 6]), "F0 7E 06");
        assert_eq!(bytes(" f0 7E\t6 "), Some(vec![0xf0, 0x7e, 6]));
        assert_eq!(bytes(""), Some(Vec::new()));
        assert_eq!(bytes("F0 .."), None);
        assert_eq!(bytes("100"), None);
    }
}
