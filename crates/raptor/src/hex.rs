//! Bytes as hexadecimal digits.

use std::fmt::Write;

/// Two lower-case digits a byte.
pub(crate) fn digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes all text");
    }
    text
}

/// 32 bytes from 64 digits of either case.
pub(crate) fn key(text: &str) -> Option<[u8; 32]> {
    let is_key = text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit());
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().enumerate().filter(|_| is_key) {
        *byte = u8::from_str_radix(&text[place * 2..place * 2 + 2], 16).ok()?;
    }
    is_key.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let bytes: [u8; 32] = std::array::from_fn(|n| u8::try_from(n * 8).unwrap());
        assert!(digits(&bytes).starts_with("00081018"));
        assert_eq!(key(&digits(&bytes)), Some(bytes));
        assert_eq!(key(&"F".repeat(64)), Some([255; 32]));
        for text in ["", "0", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(key(text), None, "{text}");
        }
    }
}
