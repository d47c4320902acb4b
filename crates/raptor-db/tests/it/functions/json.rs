//! `jsonb`.

use super::input::{double, instant, int, json, nullable, text, texts};
use proptest::prelude::*;

fn path() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(
        prop::sample::select(vec!["a", "b", "bb", "0", "-1", "1", "", "é"]).prop_map(str::to_owned),
        0..3,
    )
}

fn key() -> impl Strategy<Value = Option<String>> {
    nullable(prop::sample::select(vec!["a", "b", "bb", "", "é", "1"]).prop_map(str::to_owned))
}

fn raw() -> impl Strategy<Value = String> {
    prop_oneof![
        json().prop_map(|json| json.to_string()),
        prop::sample::select(vec![
            "{\"a\":1,\"a\":2}",
            "[1,]",
            "{",
            "1.50",
            "1e5",
            "-0",
            "-0.0",
            "01",
            "\"\\u0000\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "nul",
            "",
            " 1 ",
            "1.5e-3",
            "\"\t\"",
            "[1 2]",
            "1E+2",
            "{\"b\":1,\"aa\":2,\"a\":3}"
        ])
        .prop_map(str::to_owned),
    ]
}

differential! {
    printed: "SELECT ((:a::text)::jsonb)::text AS v" => Text, a: raw();
    bound: "SELECT :a::jsonb AS v" => Json, a: json();
    get_key: "SELECT :a::jsonb -> :k::text AS v" => Json, a: json(), k: key();
    get_item: "SELECT :a::jsonb -> :n::int AS v" => Json, a: json(), n: -3i64..4;
    get_text: "SELECT :a::jsonb ->> :k::text AS v" => Text, a: json(), k: key();
    get_item_text: "SELECT :a::jsonb ->> :n::int AS v" => Text, a: json(), n: -3i64..4;
    get_deep: "SELECT :a::jsonb -> 'a' ->> 'b' AS v" => Text, a: json();
    path_json: "SELECT :a::jsonb #> :p::text[] AS v" => Json, a: json(), p: path();
    path_text: "SELECT :a::jsonb #>> :p::text[] AS v" => Text, a: json(), p: path();
    path_literal: "SELECT :a::jsonb #>> '{a,0}' AS v" => Text, a: json();
    extract_path: "SELECT jsonb_extract_path_text(:a::jsonb, 'a', :k::text) AS v" => Text, a: json(), k: key();
    contains: "SELECT :a::jsonb @> :b::jsonb AS v" => Bool, a: json(), b: json();
    contained: "SELECT :a::jsonb <@ :b::jsonb AS v" => Bool, a: json(), b: json();
    has_key: "SELECT :a::jsonb ? :k::text AS v" => Bool, a: json(), k: key();
    has_any: "SELECT :a::jsonb ?| :k::text[] AS v" => Bool, a: json(), k: texts();
    has_all: "SELECT :a::jsonb ?& :k::text[] AS v" => Bool, a: json(), k: texts();
    concatenated: "SELECT :a::jsonb || :b::jsonb AS v" => Json, a: json(), b: json();
    type_of: "SELECT jsonb_typeof(:a::jsonb) AS v" => Text, a: json();
    array_length: "SELECT jsonb_array_length(:a::jsonb) AS v" => Int, a: json();
    strip_nulls: "SELECT jsonb_strip_nulls(:a::jsonb) AS v" => Json, a: json();
    set: "SELECT jsonb_set(:a::jsonb, :p::text[], :b::jsonb) AS v" => Json, a: json(), p: path(), b: json();
    set_only: "SELECT jsonb_set(:a::jsonb, :p::text[], :b::jsonb, false) AS v" => Json, a: json(), p: path(), b: json();
    build_object: "SELECT jsonb_build_object('a', :a::text, :k::text, :n::bigint, 'x', :x::double precision, 'j', :j::jsonb) AS v" => Json, a: text(), k: key(), n: int(), x: double(), j: json();
    build_conditions: "SELECT jsonb_build_object('b', :n::bigint > 0, 'n', :n::bigint IS NULL, 't', true, 'f', (:b::boolean)) AS v" => Json, n: int(), b: any::<bool>();
    build_array: "SELECT jsonb_build_array(:a::text, :n::bigint, NULL, :t::timestamptz) AS v" => Json, a: text(), n: int(), t: instant();
    build_decimals: "SELECT jsonb_build_array(:d::numeric, 1) AS v" => Json, d: super::input::decimal();
    to_jsonb_of_text: "SELECT to_jsonb(:a::text) AS v" => Json, a: text();
    elements: "SELECT e AS v FROM jsonb_array_elements(:a::jsonb) AS e" => Json, a: proptest::collection::vec(json(), 0..4).prop_map(serde_json::Value::from);
    elements_text: "SELECT e.x AS v FROM jsonb_array_elements_text(:a::jsonb) AS e(x)" => Text, a: proptest::collection::vec(json(), 0..4).prop_map(serde_json::Value::from);
    number_out: "SELECT (:a::jsonb ->> 'a')::numeric > 1 AS v" => Bool, a: (-9i64..9).prop_map(|n| serde_json::json!({ "a": n }));
}
