//! Functions and operators on numbers.

use super::input::{decimal, double, int};
use proptest::prelude::*;

differential! {
    abs_of_integers: "SELECT abs(:n::bigint) AS v" => Int, n: int();
    abs_of_doubles: "SELECT abs(:x::double precision) AS v" => Double, x: double();
    ceil: "SELECT ceil(:x::double precision) AS v" => Double, x: double();
    ceiling: "SELECT ceiling(:x::double precision) AS v" => Double, x: double();
    floor: "SELECT floor(:x::double precision) AS v" => Double, x: double();
    round: "SELECT round(:x::double precision) AS v" => Double, x: double();
    round_of_integers: "SELECT round(:n::bigint) AS v" => Double, n: int();
    trunc: "SELECT trunc(:x::double precision) AS v" => Double, x: double();
    sign: "SELECT sign(:x::double precision) AS v" => Double, x: double();
    sqrt: "SELECT sqrt(:x::double precision) AS v" => Double, x: double();
    exp: "SELECT exp(:x::double precision) AS v" => Double, x: double();
    ln: "SELECT ln(:x::double precision) AS v" => Double, x: double();
    log: "SELECT log(:x::double precision) AS v" => Double, x: double();
    power: "SELECT power(:x::double precision, :y::double precision) AS v" => Double, x: double(), y: double();
    asin: "SELECT asin(:x::double precision) AS v" => Double, x: double();
    modulo: "SELECT mod(:a::bigint, :b::bigint) AS v" => Int, a: int(), b: int();
    percent: "SELECT :a::bigint % :b::bigint AS v" => Int, a: int(), b: int();
    quotient_of_extremes: "SELECT :a::bigint / :b::bigint AS v" => Int, a: int(), b: int();
    product_and_quotient: "SELECT 7 * :a::bigint / :b::bigint % 5 - :a::bigint % 3 AS v" => Int, a: (-1_000i64..1_000), b: (-9i64..9);
    quotient: "SELECT :a::bigint / :b::bigint AS v" => Int, a: (-1_000i64..1_000), b: (-9i64..9);
    quotient_of_doubles: "SELECT :a::double precision / :b::double precision AS v" => Double, a: (-1e6..1e6f64), b: prop::sample::select(vec![0.0, 1.0, -2.5, 1e-3]);
    sums: "SELECT (:a::bigint + :b::bigint) * 2 - -:a::bigint AS v" => Int, a: (-1_000_000i64..1_000_000), b: (-1_000_000i64..1_000_000);
    numeric_add: "SELECT numeric_add(:a::numeric, :b::numeric)::text AS v" => Text, a: decimal(), b: decimal();
    numeric_sub: "SELECT numeric_sub(:a::numeric, :b::numeric)::text AS v" => Text, a: decimal(), b: decimal();
    numeric_mul: "SELECT numeric_mul(:a::numeric, :b::numeric)::text AS v" => Text, a: decimal(), b: decimal();
    numeric_div: "SELECT numeric_div(:a::numeric, :b::numeric)::text AS v" => Text, a: decimal(), b: decimal();
    numeric_operators: "SELECT (:a::numeric * :b::numeric + :c::bigint - -:b::numeric)::text AS v" => Text, a: decimal(), b: decimal(), c: -99i64..99;
    numeric_quotient: "SELECT (:a::numeric / :b::numeric)::text AS v" => Text, a: decimal(), b: decimal();
    numeric_percent: "SELECT (:a::numeric % :b::numeric)::text AS v" => Text, a: decimal(), b: decimal();
    numeric_mod: "SELECT mod(:a::numeric, :b::numeric)::text AS v" => Text, a: decimal(), b: decimal();
    numeric_div_whole: "SELECT div(:a::numeric, :b::numeric) AS v" => Decimal, a: decimal(), b: decimal();
    numeric_round: "SELECT round(:a::numeric, :n::int)::text AS v" => Text, a: decimal(), n: -6i64..12;
    numeric_trunc: "SELECT trunc(:a::numeric, :n::int)::text AS v" => Text, a: decimal(), n: -6i64..12;
    numeric_round_whole: "SELECT round(:a::numeric)::text AS v" => Text, a: decimal();
    numeric_trunc_whole: "SELECT trunc(:a::numeric)::text AS v" => Text, a: decimal();
    numeric_ceil: "SELECT ceil(:a::numeric)::text AS v" => Text, a: decimal();
    numeric_floor: "SELECT floor(:a::numeric)::text AS v" => Text, a: decimal();
    numeric_abs: "SELECT abs(:a::numeric)::text AS v" => Text, a: decimal();
    numeric_sign: "SELECT sign(:a::numeric)::text AS v" => Text, a: decimal();
    round_of_integers_to_digits: "SELECT round(:n::int, :d::int)::text AS v" => Text, n: -9_999i64..9_999, d: -3i64..4;
    numeric_comparison: "SELECT :a::numeric < :b::numeric AS v" => Bool, a: decimal(), b: decimal();
    numeric_with_integer: "SELECT :a::numeric >= :n::bigint AS v" => Bool, a: decimal(), n: -20i64..20;
    numeric_equality: "SELECT :a::numeric = :b::numeric(20, 2) AS v" => Bool, a: decimal(), b: decimal();
    numeric_coalesced: "SELECT coalesce(:a::numeric, 0) > 5 AS v" => Bool, a: decimal();
    greatest_of_integers: "SELECT greatest(:a::bigint, :b::bigint, 3) AS v" => Int, a: int(), b: int();
    least_of_doubles: "SELECT least(:a::double precision, :b::double precision) AS v" => Double, a: double(), b: double();
    greatest_of_texts: "SELECT greatest(:a::text, :b::text) AS v" => Text, a: super::input::text(), b: super::input::piece();
    greatest_of_decimals: "SELECT greatest(:a::numeric, :b::numeric, NULL)::text AS v" => Text, a: decimal(), b: decimal();
    least_of_instants: "SELECT least(:a::timestamptz, :b::timestamptz) AS v" => Instant, a: super::input::instant(), b: super::input::instant();
}
