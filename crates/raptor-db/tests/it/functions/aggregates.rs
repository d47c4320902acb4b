//! Aggregates, over no row, NULLs and many rows.

use super::input::{decimal, ints, texts};
use proptest::prelude::*;

fn decimals() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(decimal(), 0..6).prop_map(|all| {
        all.into_iter()
            .flatten()
            .map(|decimal| decimal.to_string())
            .collect()
    })
}

differential! {
    string_agg: "SELECT string_agg(x, '-' ORDER BY x DESC) AS v FROM unnest(:a::text[]) AS x" => Text, a: texts();
    array_agg: "SELECT array_agg(x ORDER BY x) AS v FROM unnest(:a::bigint[]) AS x" => Ints, a: ints();
    array_agg_of_texts: "SELECT array_agg(x ORDER BY x DESC) AS v FROM unnest(:a::text[]) AS x" => Texts, a: texts();
    jsonb_agg: "SELECT jsonb_agg(x ORDER BY x) AS v FROM unnest(:a::text[]) AS x" => Json, a: texts();
    jsonb_object_agg: "SELECT jsonb_object_agg(x, 1) AS v FROM unnest(:a::text[]) AS x" => Json, a: texts();
    jsonb_agg_of_objects: "SELECT jsonb_agg(jsonb_build_object('x', x, 'is', x > 0) ORDER BY x) AS v FROM unnest(:a::bigint[]) AS x" => Json, a: ints();
    filtered: "SELECT count(*) FILTER (WHERE x > 0) + count(x) AS v FROM unnest(:a::bigint[]) AS x" => Int, a: ints();
    sum: "SELECT sum(x) AS v FROM unnest(:a::bigint[]) AS x" => Int, a: ints();
    average: "SELECT avg(x)::double precision AS v FROM unnest(:a::bigint[]) AS x" => Double, a: ints();
    exact_average: "SELECT avg(x::numeric)::text AS v FROM unnest(:a::bigint[]) AS x" => Text, a: ints();
    rounded_average: "SELECT round(avg(x::numeric), 2) AS v FROM unnest(:a::bigint[]) AS x" => Decimal, a: ints();
    sum_of_decimals: "SELECT sum(x::numeric)::text AS v FROM unnest(:a::text[]) AS x" => Text, a: decimals();
    average_of_decimals: "SELECT avg(x::numeric)::text AS v FROM unnest(:a::text[]) AS x" => Text, a: decimals();
    largest_decimal: "SELECT max(x::numeric)::text AS v FROM unnest(:a::text[]) AS x WHERE x <> '0' AND x NOT LIKE '%0'" => Text, a: decimals();
    decimals_in_order: "SELECT x AS v FROM unnest(:a::text[]) AS x ORDER BY x::numeric, x" => Text, a: decimals();
    decimal_groups: "SELECT count(*) AS v FROM unnest(:a::text[]) AS x GROUP BY x::numeric HAVING sum(x::numeric) > 1 ORDER BY sum(x::numeric), 1" => Int, a: decimals();
    all_and_any: "SELECT (bool_and(x > 0) IS TRUE)::int + 2 * (bool_or(x > 0) IS TRUE)::int + 4 * (every(x > -9) IS NULL)::int AS v FROM unnest(:a::bigint[]) AS x" => Int, a: ints();
    distinct: "SELECT sum(DISTINCT x) AS v FROM unnest(:a::bigint[]) AS x" => Int, a: ints();
    running: "SELECT sum(x) OVER (ORDER BY x) AS v FROM unnest(:a::bigint[]) AS x ORDER BY x" => Int, a: ints();
    ranked: "SELECT row_number() OVER (ORDER BY x DESC) AS v FROM unnest(:a::bigint[]) AS x ORDER BY x" => Int, a: ints();
}
