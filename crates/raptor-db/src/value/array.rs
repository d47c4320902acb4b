//! Arrays of text, i64 and uuid: rectangular, of any depth, with NULLs.

use super::ValueRef;
use super::param::ToValue;
use std::borrow::Cow;
use uuid::Uuid;

/// What an array holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// `text[]`.
    Text,
    /// `bigint[]`.
    I64,
    /// `uuid[]`.
    Uuid,
}

/// One item of an [`Array`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Text(String),
    I64(i64),
    Uuid(Uuid),
}

/// A rectangular array; make one with [`Array::from`] or bind a `Vec` directly.
///
/// ```
/// use raptor_db::Array;
/// let array = Array::from(vec![Some("a".to_owned()), None]);
/// assert_eq!(array.dimensions(), [2]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    pub(crate) element: Element,
    pub(crate) dimensions: Vec<usize>,
    /// Row-major.
    pub(crate) items: Vec<Option<Item>>,
}

impl Array {
    /// The length in each dimension; empty for the empty array.
    pub fn dimensions(&self) -> &[usize] {
        &self.dimensions
    }

    /// What the array holds.
    pub fn element(&self) -> Element {
        self.element
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self.element {
            Element::Text => "an array of text",
            Element::I64 => "an array of integers",
            Element::Uuid => "an array of uuids",
        }
    }

    pub(crate) fn unfit(&self) -> Option<Cow<'static, str>> {
        let nul =
            |item: &Option<Item>| matches!(item, Some(Item::Text(text)) if text.contains('\0'));
        self.items.iter().any(nul).then_some(Cow::Borrowed(
            "holds a NUL character, which Postgres cannot keep",
        ))
    }

    /// The array as JSON text, the form SQLite keeps.
    pub(crate) fn to_json(&self) -> String {
        fn level(
            dimensions: &[usize],
            items: &mut std::slice::Iter<'_, Option<Item>>,
        ) -> serde_json::Value {
            let Some((length, inner)) = dimensions.split_first() else {
                return match items
                    .next()
                    .expect("there are as many items as the dimensions say")
                {
                    None => serde_json::Value::Null,
                    Some(Item::Text(text)) => text.as_str().into(),
                    Some(Item::I64(number)) => (*number).into(),
                    Some(Item::Uuid(uuid)) => uuid.to_string().into(),
                };
            };
            (0..*length).map(|_| level(inner, items)).collect()
        }
        if self.dimensions.is_empty() {
            return "[]".to_owned();
        }
        level(&self.dimensions, &mut self.items.iter()).to_string()
    }

    /// Reads the form that [`Array::to_json`] writes.
    pub(crate) fn from_json(element: Element, text: &str) -> Result<Self, &'static str> {
        let json: serde_json::Value = serde_json::from_str(text).map_err(|_| "is no JSON")?;
        let mut array = Self {
            element,
            dimensions: Vec::new(),
            items: Vec::new(),
        };
        let mut inner = &json;
        while let serde_json::Value::Array(items) = inner {
            array.dimensions.push(items.len());
            match items.first() {
                Some(first) => inner = first,
                None => break,
            }
        }
        if array.dimensions.is_empty() {
            return Err("is no JSON array");
        }
        let depth = array.dimensions.len();
        collect(&mut array, &json, depth)?;
        if array.items.is_empty() {
            array.dimensions.clear();
        }
        Ok(array)
    }

    /// Cuts the outermost dimension: the parts of a nested array.
    fn parts(self) -> Vec<Self> {
        let Some((&count, inner)) = self.dimensions.split_first() else {
            return Vec::new();
        };
        let size = self.items.len() / count.max(1);
        let inner = inner.to_vec();
        let mut items = self.items.into_iter();
        (0..count)
            .map(|_| Self {
                element: self.element,
                dimensions: inner.clone(),
                items: items.by_ref().take(size).collect(),
            })
            .collect()
    }
}

fn collect(array: &mut Array, json: &serde_json::Value, depth: usize) -> Result<(), &'static str> {
    match (json, depth) {
        (serde_json::Value::Array(items), 1..) => {
            if items.len() != array.dimensions[array.dimensions.len() - depth] {
                return Err("is no rectangular array");
            }
            items
                .iter()
                .try_for_each(|item| collect(array, item, depth - 1))
        }
        (_, 1..) => Err("is no rectangular array"),
        (serde_json::Value::Null, 0) => {
            array.items.push(None);
            Ok(())
        }
        (value, 0) => {
            let item = match array.element {
                Element::Text => value.as_str().map(|text| Item::Text(text.to_owned())),
                Element::I64 => value.as_i64().map(Item::I64),
                Element::Uuid => value
                    .as_str()
                    .and_then(|text| Uuid::parse_str(text).ok())
                    .map(Item::Uuid),
            };
            array
                .items
                .push(Some(item.ok_or("holds an item of another type")?));
            Ok(())
        }
    }
}

/// What can stand in an array: `String`, `&str`, `i64`, [`Uuid`], each also as `Option`, and `Vec`s
/// of these for nested arrays.
pub trait ArrayElement: Sized {
    /// What the innermost items are.
    const ELEMENT: Element;
    /// Adds this part to `array`, whose dimensions below the outermost are checked to be equal.
    #[doc(hidden)]
    fn push(&self, array: &mut Array) -> Result<Vec<usize>, &'static str>;
    /// Reads this part back.
    #[doc(hidden)]
    fn pull(part: Array) -> Result<Self, &'static str>;
}

fn single(part: Array) -> Result<Option<Item>, &'static str> {
    if !part.dimensions.is_empty() {
        return Err("has more dimensions than asked for");
    }
    part.items
        .into_iter()
        .next()
        .ok_or("has fewer dimensions than asked for")
}

macro_rules! element {
    ($type:ty, $element:ident, $into:expr, $from:pat => $out:expr) => {
        impl ArrayElement for $type {
            const ELEMENT: Element = Element::$element;
            fn push(&self, array: &mut Array) -> Result<Vec<usize>, &'static str> {
                let into: fn(&$type) -> Item = $into;
                array.items.push(Some(into(self)));
                Ok(Vec::new())
            }
            fn pull(part: Array) -> Result<Self, &'static str> {
                match single(part)? {
                    Some($from) => Ok($out),
                    Some(_) => Err("holds an item of another type"),
                    None => Err("holds a NULL; read it as Vec<Option<_>>"),
                }
            }
        }
    };
}

element!(String, Text, |text| Item::Text(text.clone()), Item::Text(text) => text);
element!(i64, I64, |number| Item::I64(*number), Item::I64(number) => number);
element!(Uuid, Uuid, |uuid| Item::Uuid(*uuid), Item::Uuid(uuid) => uuid);

impl ArrayElement for &str {
    const ELEMENT: Element = Element::Text;
    fn push(&self, array: &mut Array) -> Result<Vec<usize>, &'static str> {
        array.items.push(Some(Item::Text((*self).to_owned())));
        Ok(Vec::new())
    }
    fn pull(_: Array) -> Result<Self, &'static str> {
        Err("cannot be read as borrowed text; read it as String")
    }
}

impl<T: ArrayElement> ArrayElement for Option<T> {
    const ELEMENT: Element = T::ELEMENT;
    fn push(&self, array: &mut Array) -> Result<Vec<usize>, &'static str> {
        match self {
            Some(item) => item.push(array),
            None => {
                array.items.push(None);
                Ok(Vec::new())
            }
        }
    }
    fn pull(part: Array) -> Result<Self, &'static str> {
        if part.dimensions.is_empty() && part.items == [None] {
            return Ok(None);
        }
        T::pull(part).map(Some)
    }
}

impl<T: ArrayElement> ArrayElement for Vec<T> {
    const ELEMENT: Element = T::ELEMENT;
    fn push(&self, array: &mut Array) -> Result<Vec<usize>, &'static str> {
        let mut inner: Option<Vec<usize>> = None;
        for item in self {
            let dimensions = item.push(array)?;
            if inner.get_or_insert_with(|| dimensions.clone()) != &dimensions {
                return Err("is not rectangular: its parts differ in length");
            }
        }
        let mut dimensions = vec![self.len()];
        dimensions.extend(inner.unwrap_or_default());
        Ok(dimensions)
    }
    fn pull(part: Array) -> Result<Self, &'static str> {
        part.parts().into_iter().map(T::pull).collect()
    }
}

impl<T: ArrayElement> TryFrom<&Vec<T>> for Array {
    type Error = &'static str;

    fn try_from(items: &Vec<T>) -> Result<Self, Self::Error> {
        let mut array = Self {
            element: T::ELEMENT,
            dimensions: Vec::new(),
            items: Vec::new(),
        };
        let dimensions = items.push(&mut array)?;
        if array.items.is_empty() {
            // Postgres has one empty array; `{{}}` would come back as `{}`.
            return if dimensions.len() == 1 {
                Ok(array)
            } else {
                Err("is an array of empty arrays, which Postgres cannot keep")
            };
        }
        array.dimensions = dimensions;
        Ok(array)
    }
}

impl From<Vec<Option<String>>> for Array {
    fn from(items: Vec<Option<String>>) -> Self {
        let dimensions = if items.is_empty() {
            Vec::new()
        } else {
            vec![items.len()]
        };
        Self {
            element: Element::Text,
            dimensions,
            items: items.into_iter().map(|item| item.map(Item::Text)).collect(),
        }
    }
}

impl<T: ArrayElement> ToValue for Vec<T> {
    fn to_value(&self) -> ValueRef<'_> {
        Array::try_from(self).map_or_else(ValueRef::Unfit, ValueRef::Array)
    }
}

impl ToValue for Array {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Array(self.clone())
    }
}

impl<T: ArrayElement> TryFrom<Array> for Vec<T> {
    type Error = &'static str;

    fn try_from(array: Array) -> Result<Self, Self::Error> {
        Self::pull(array)
    }
}
