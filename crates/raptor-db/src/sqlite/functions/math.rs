//! Functions on numbers: integers, doubles, and (as `op_numeric_…`) decimals.
//!
//! An integer becomes a double where Postgres's own resolution picks `double precision`.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::{decimal, double, int, int4};
use super::decimal::{divide, make, negate, out, round};
use crate::value::Decimal;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("abs", 1, |ctx| match ctx.get_raw(0) {
        ValueRef::Integer(v) => v
            .checked_abs()
            .map(Out::Int)
            .ok_or_else(|| "bigint out of range".into()),
        _ => Ok(Out::Real(double(ctx, 0)?.abs())),
    })?;
    to.strict("ceil", 1, |ctx| Ok(Out::Real(double(ctx, 0)?.ceil())))?;
    to.strict("floor", 1, |ctx| Ok(Out::Real(double(ctx, 0)?.floor())))?;
    to.strict("trunc", 1, |ctx| Ok(Out::Real(double(ctx, 0)?.trunc())))?;
    to.strict("round", 1, |ctx| {
        Ok(Out::Real(double(ctx, 0)?.round_ties_even()))
    })?;
    to.strict("sign", 1, |ctx| {
        let v = double(ctx, 0)?;
        Ok(Out::Real(if v > 0.0 {
            1.0
        } else if v < 0.0 {
            -1.0
        } else {
            0.0
        }))
    })?;
    to.strict("round", 2, |ctx| {
        out(round(exact(ctx)?, int4(ctx, 1)?, true)?)
    })?;
    to.strict("trunc", 2, |ctx| {
        out(round(exact(ctx)?, int4(ctx, 1)?, false)?)
    })?;
    to.strict("mod", 2, |ctx| match int(ctx, 1)? {
        0 => fail("division by zero"),
        divisor => Ok(Out::Int(int(ctx, 0)?.checked_rem(divisor).unwrap_or(0))),
    })?;
    numeric(to)?;
    real(to)
}

/// `round(double precision, integer)` is no function on Postgres either.
fn exact(ctx: &Context<'_>) -> Answer<Decimal> {
    match ctx.get_raw(0) {
        ValueRef::Real(_) => {
            fail("no such function for a double precision and a number of digits; write x::numeric")
        }
        _ => decimal(ctx, 0),
    }
}

fn numeric(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("op_numeric_abs", 1, |ctx| {
        let v = decimal(ctx, 0)?;
        out(if v.mantissa() < 0 { negate(v) } else { v })
    })?;
    to.strict("op_numeric_round", 1, |ctx| {
        out(round(decimal(ctx, 0)?, 0, true)?)
    })?;
    to.strict("op_numeric_trunc", 1, |ctx| {
        out(round(decimal(ctx, 0)?, 0, false)?)
    })?;
    to.strict("op_numeric_ceil", 1, |ctx| toward(decimal(ctx, 0)?, 1))?;
    to.strict("op_numeric_floor", 1, |ctx| toward(decimal(ctx, 0)?, -1))?;
    to.strict("op_numeric_sign", 1, |ctx| {
        out(decimal(ctx, 0)?.mantissa().signum().to_string().parse()?)
    })?;
    to.strict("op_numeric_mod", 2, |ctx| {
        let (a, b) = (decimal(ctx, 0)?, decimal(ctx, 1)?);
        if b.mantissa() == 0 {
            return fail("division by zero");
        }
        let scale = a.scale().max(b.scale());
        let at = |v: Decimal| {
            10i128
                .checked_pow(scale - v.scale())?
                .checked_mul(v.mantissa())
        };
        out(make(
            at(a).zip(at(b)).and_then(|(a, b)| a.checked_rem(b)),
            scale,
        )?)
    })?;
    to.strict("div", 2, |ctx| {
        // The whole part of a quotient is exact at whatever scale it was computed.
        let (a, b) = (decimal(ctx, 0)?, decimal(ctx, 1)?);
        let quotient = divide(a, b)?;
        let whole = round(quotient, 0, false)?;
        out(whole)
    })
}

/// The whole number next to the decimal on one side.
fn toward(v: Decimal, sign: i128) -> Answer {
    let whole = round(v, 0, false)?;
    let is_cut = whole != v && v.mantissa().signum() == sign;
    out(if is_cut {
        make(whole.mantissa().checked_add(sign), 0)?
    } else {
        whole
    })
}

fn real(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("power", 2, power)?;
    to.strict("sqrt", 1, |ctx| match double(ctx, 0)? {
        v if v < 0.0 => fail("cannot take square root of a negative number"),
        v => Ok(Out::Real(v.sqrt())),
    })?;
    to.strict("cbrt", 1, |ctx| Ok(Out::Real(double(ctx, 0)?.cbrt())))?;
    to.strict("exp", 1, |ctx| {
        let v = double(ctx, 0)?;
        bounded(v.exp(), v.is_infinite())
    })?;
    to.strict("ln", 1, |ctx| Ok(Out::Real(positive(ctx)?.ln())))?;
    to.strict("log", 1, |ctx| Ok(Out::Real(positive(ctx)?.log10())))?;
    to.strict("log10", 1, |ctx| Ok(Out::Real(positive(ctx)?.log10())))?;
    to.strict("asin", 1, |ctx| Ok(Out::Real(unit(ctx)?.asin())))?;
    to.strict("acos", 1, |ctx| Ok(Out::Real(unit(ctx)?.acos())))
}

fn positive(ctx: &Context<'_>) -> Answer<f64> {
    let v = double(ctx, 0)?;
    if v == 0.0 {
        return fail("cannot take logarithm of zero");
    }
    if v < 0.0 {
        return fail("cannot take logarithm of a negative number");
    }
    Ok(v)
}

fn unit(ctx: &Context<'_>) -> Answer<f64> {
    let v = double(ctx, 0)?;
    if v.abs() > 1.0 {
        return fail("input is out of range");
    }
    Ok(v)
}

fn bounded(v: f64, may_be_infinite: bool) -> Answer {
    if v.is_infinite() && !may_be_infinite {
        return fail("value out of range: overflow");
    }
    if v == 0.0 && !may_be_infinite {
        return fail("value out of range: underflow");
    }
    Ok(Out::Real(v))
}

fn power(ctx: &Context<'_>) -> Answer {
    let (base, exponent) = (double(ctx, 0)?, double(ctx, 1)?);
    if base == 0.0 && exponent < 0.0 {
        return fail("zero raised to a negative power is undefined");
    }
    if base < 0.0 && exponent.fract() != 0.0 {
        return fail("a negative number raised to a non-integer power yields a complex result");
    }
    let v = base.powf(exponent);
    if base.is_infinite() || exponent.is_infinite() || base == 0.0 {
        return Ok(Out::Real(v));
    }
    bounded(v, false)
}
