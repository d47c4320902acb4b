//! Rust values as parameters.

use super::ValueRef;
use super::decimal::Decimal;
use std::borrow::Cow;
use std::sync::Arc;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Named parameters: what [`params!`](crate::params) makes.
pub type Params<'a> = &'a [(&'a str, &'a (dyn ToValue + Sync))];

/// A Rust value that can be bound to a parameter. `None` binds as NULL.
pub trait ToValue {
    /// The logical value.
    fn to_value(&self) -> ValueRef<'_>;
}

macro_rules! to_value {
    ($($type:ty => |$v:ident| $value:expr;)+) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> ValueRef<'_> {
                let $v = self;
                $value
            }
        }
    )+};
}

to_value! {
    bool => |v| ValueRef::Bool(*v);
    i8 => |v| ValueRef::I64((*v).into());
    i16 => |v| ValueRef::I64((*v).into());
    i32 => |v| ValueRef::I64((*v).into());
    i64 => |v| ValueRef::I64(*v);
    u8 => |v| ValueRef::I64((*v).into());
    u16 => |v| ValueRef::I64((*v).into());
    u32 => |v| ValueRef::I64((*v).into());
    f32 => |v| ValueRef::F64((*v).into());
    f64 => |v| ValueRef::F64(*v);
    Decimal => |v| ValueRef::Decimal(*v);
    str => |v| ValueRef::Text(Cow::Borrowed(v));
    String => |v| ValueRef::Text(Cow::Borrowed(v));
    Cow<'_, str> => |v| ValueRef::Text(Cow::Borrowed(v));
    [u8] => |v| ValueRef::Bytes(v);
    Vec<u8> => |v| ValueRef::Bytes(v);
    bytes::Bytes => |v| ValueRef::Bytes(v);
    Uuid => |v| ValueRef::Uuid(*v);
    OffsetDateTime => |v| ValueRef::Timestamptz(*v);
    Date => |v| ValueRef::Date(*v);
    serde_json::Value => |v| ValueRef::Json(v);
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, ToValue::to_value)
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> ValueRef<'_> {
        (**self).to_value()
    }
}

impl<T: ToValue + ?Sized> ToValue for Box<T> {
    fn to_value(&self) -> ValueRef<'_> {
        (**self).to_value()
    }
}

impl<T: ToValue + ?Sized> ToValue for Arc<T> {
    fn to_value(&self) -> ValueRef<'_> {
        (**self).to_value()
    }
}

impl ToValue for ValueRef<'_> {
    fn to_value(&self) -> ValueRef<'_> {
        self.clone()
    }
}

/// Named parameters for a statement: `params! { id, email: &address }` binds `:id` to the variable
/// `id` and `:email` to the expression.
///
/// ```
/// let id = 7_i64;
/// let found = raptor_db::params! { id, name: "Ada" };
/// assert_eq!(found.len(), 2);
/// ```
#[macro_export]
macro_rules! params {
    () => { &[] as $crate::Params<'_> };
    ($($name:ident $(: $value:expr)?),+ $(,)?) => {
        &[$((stringify!($name), $crate::params!(@value $name $($value)?))),+] as $crate::Params<'_>
    };
    (@value $name:ident) => { &$name as &(dyn $crate::ToValue + Sync) };
    (@value $name:ident $value:expr) => { &$value as &(dyn $crate::ToValue + Sync) };
}
