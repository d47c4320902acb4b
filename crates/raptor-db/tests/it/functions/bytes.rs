//! Digests, and bytes as text.

use super::input::{bytes, nullable, text};
use proptest::prelude::*;

fn coded() -> impl Strategy<Value = Option<String>> {
    nullable(prop_oneof![
        proptest::collection::vec(
            prop::sample::select(vec!["aa", "Ff", "0", " ", "\n", "g", "="]),
            0..6
        )
        .prop_map(|parts| parts.concat()),
        proptest::collection::vec(
            prop::sample::select(vec!["QUJD", "QQ==", "QUI=", "/+9a", "=", "!", "\n", "A"]),
            0..5
        )
        .prop_map(|parts| parts.concat()),
    ])
}

differential! {
    md5_of_text: "SELECT md5(:a::text) AS v" => Text, a: text();
    md5_of_bytes: "SELECT md5(:a::bytea) AS v" => Text, a: bytes();
    sha224: "SELECT sha224(:a::bytea) AS v" => Bytes, a: bytes();
    sha256: "SELECT sha256(:a::bytea) AS v" => Bytes, a: bytes();
    sha384: "SELECT sha384(:a::bytea) AS v" => Bytes, a: bytes();
    sha512: "SELECT sha512(convert_to(:a::text, 'UTF8')) AS v" => Bytes, a: text();
    encode_hex: "SELECT encode(:a::bytea, 'hex') AS v" => Text, a: bytes();
    encode_base64: "SELECT encode(:a::bytea, 'base64') AS v" => Text, a: bytes();
    decode_hex: "SELECT decode(:a::text, 'hex') AS v" => Bytes, a: coded();
    decode_base64: "SELECT decode(:a::text, 'base64') AS v" => Bytes, a: coded();
    convert_from: "SELECT convert_from(:a::bytea, 'utf8') AS v" => Text, a: nullable(proptest::collection::vec(any::<u8>(), 0..3));
    bytes_to_text: "SELECT (:a::bytea)::text AS v" => Text, a: bytes();
    text_to_bytes: "SELECT (:a::text)::bytea AS v" => Bytes, a: prop::sample::select(vec!["\\x00ff", "\\xFF 01", "\\xf", "\\xzz", "abc", "a\\\\b", "\\001\\377", "\\4", "é", ""]).prop_map(str::to_owned);
    length_of_bytes: "SELECT length(:a::bytea) + octet_length(:a::bytea) AS v" => Int, a: bytes();
    part_of_bytes: "SELECT substr(:a::bytea, 2, 3) AS v" => Bytes, a: bytes();
}
