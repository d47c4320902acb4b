//! Arrays.

use super::input::{count, int, ints, nullable, texts};
use proptest::prelude::*;

fn literal() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "{}",
        "{a,b}",
        "{ a , \"b c\" , NULL, \"null\" }",
        "{{a},{b}}",
        "{{a},{b,c}}",
        "{a",
        "a",
        "{a}x",
        "{\"a\\\"b\",\\,}",
        "{,}",
        "{a b}",
        "{é}",
        "{\"\"}",
    ])
    .prop_map(str::to_owned)
}

differential! {
    any_of_integers: "SELECT :n::bigint = ANY(:a::bigint[]) AS v" => Bool, n: nullable(-2i64..3), a: ints();
    not_any: "SELECT NOT (:n::bigint = ANY(:a::bigint[])) AS v" => Bool, n: nullable(-2i64..3), a: ints();
    all_others: "SELECT :n::bigint <> ALL(:a::bigint[]) AS v" => Bool, n: nullable(-2i64..3), a: ints();
    any_of_texts: "SELECT :t::text = ANY(:a::text[]) AS v" => Bool, t: nullable(prop::sample::select(vec!["a", "é"]).prop_map(str::to_owned)), a: texts();
    any_of_a_query: "SELECT :n::bigint = ANY(SELECT x FROM unnest(:a::bigint[]) AS t(x)) AS v" => Bool, n: nullable(-2i64..3), a: ints();
    element: "SELECT (:a::text[])[:n::int] AS v" => Text, a: texts(), n: count();
    integer_element: "SELECT (:a::bigint[])[2] AS v" => Int, a: ints();
    cardinality: "SELECT cardinality(:a::text[]) AS v" => Int, a: texts();
    array_length: "SELECT array_length(:a::text[], :n::int) AS v" => Int, a: texts(), n: -1i64..3;
    array_position: "SELECT array_position(:a::bigint[], :n::bigint) AS v" => Int, a: ints(), n: nullable(-2i64..3);
    contains: "SELECT :a::bigint[] @> :b::bigint[] AS v" => Bool, a: ints(), b: ints();
    contained: "SELECT :a::text[] <@ :b::text[] AS v" => Bool, a: texts(), b: texts();
    overlaps: "SELECT :a::bigint[] && :b::bigint[] AS v" => Bool, a: ints(), b: ints();
    constructed: "SELECT ARRAY[:n::bigint, NULL, 3] AS v" => Ints, n: int();
    literals: "SELECT (:a::text)::text[] AS v" => Texts, a: literal();
    literals_of_integers: "SELECT (:a::text)::bigint[] AS v" => Ints, a: prop::sample::select(vec!["{1,2}", "{1, NULL}", "{x}", "{}", "{9223372036854775808}"]).prop_map(str::to_owned);
    literals_of_uuids: "SELECT (:a::text)::uuid[] AS v" => Uuids, a: prop::sample::select(vec!["{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "{}", "{1}"]).prop_map(str::to_owned);
    unnested: "SELECT x AS v FROM unnest(:a::text[]) AS x" => Text, a: texts();
    unnested_together: "SELECT concat(p, '/', q) AS v FROM unnest(:a::bigint[], :b::text[]) AS t(p, q)" => Text, a: ints(), b: texts();
}
