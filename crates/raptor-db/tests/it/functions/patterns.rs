//! LIKE and ILIKE.

use super::input::nullable;
use proptest::prelude::*;

fn subject() -> impl Strategy<Value = Option<String>> {
    nullable(
        proptest::collection::vec(
            prop::sample::select(vec!['a', 'b', 'A', 'é', 'É', '%', '_', '\\']),
            0..7,
        )
        .prop_map(String::from_iter),
    )
}

differential! {
    like: "SELECT :a::text LIKE :p::text AS v" => Bool, a: subject(), p: subject();
    not_like: "SELECT :a::text NOT LIKE :p::text AS v" => Bool, a: subject(), p: subject();
    like_with_escape: "SELECT :a::text LIKE :p::text ESCAPE 'b' AS v" => Bool, a: subject(), p: subject();
    like_without_escape: "SELECT :a::text LIKE :p::text ESCAPE '' AS v" => Bool, a: subject(), p: subject();
    ilike: "SELECT :a::text ILIKE :p::text AS v" => Bool, a: subject(), p: subject();
    not_ilike: "SELECT :a::text NOT ILIKE '%' || :p::text || '%' AS v" => Bool, a: subject(), p: subject();
    like_a_literal: "SELECT :a::text LIKE 'a%É_' AS v" => Bool, a: subject();
    like_an_escaped_literal: r"SELECT :a::text LIKE 'a\%%' AS v" => Bool, a: subject();
    like_joined: "SELECT :a::text LIKE '%' || :p::text || '_' AS v" => Bool, a: subject(), p: subject();
}
