//! Bodies: read strictly on the way in, spelt one way on the way out.

use super::problem::{Fault, Problem};
use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

/// The largest body, in bytes.
pub(super) const LARGEST: usize = 64 * 1024;

/// A JSON body, with the place of every mistake.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::new(
                "unsupported-media-type",
                "The body must come with Content-Type: application/json.",
            ));
        }
        let bytes = axum::body::to_bytes(request.into_body(), LARGEST)
            .await
            .map_err(|error| {
                if error.into_inner().is::<LengthLimitError>() {
                    Problem::new("too-large", "The body is larger than 64 KiB.")
                } else {
                    Problem::new("bad-request", "The body did not arrive whole.")
                }
            })?;
        parse(&bytes).map(Self)
    }
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let cause = error.into_inner();
        if cause.is_data() {
            // serde's words may repeat the value; the part before the place does not say more.
            let detail = without_value(&cause.to_string());
            let fault = Fault { pointer, detail };
            Problem::new("invalid", "The body is not of the form that is wanted.")
                .with_faults(vec![fault])
        } else {
            let place = format!("line {}, column {}", cause.line(), cause.column());
            Problem::new("bad-request", format!("The body is no JSON ({place})."))
        }
    })?;
    reader
        .end()
        .map_err(|_| Problem::new("bad-request", "Something follows the JSON body."))?;
    Ok(value)
}

/// `invalid type: string "secret", expected …` without what was sent.
fn without_value(words: &str) -> String {
    let words = words
        .rsplit_once(" at line ")
        .map_or(words, |(words, _)| words);
    match (words.find(": "), words.find(", expected ")) {
        (Some(colon), Some(expected)) if words.starts_with("invalid") && colon < expected => {
            format!("{}{}", &words[..colon], &words[expected..])
        }
        _ => words.to_owned(),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            _ => {}
        }
    }
    pointer
}

/// Collects what is wrong with a body's values.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, pointer: &str, detail: &str) {
        self.0.push(Fault {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        });
    }

    /// An e-mail address in lower case.
    pub(crate) fn email(&mut self, pointer: &str, email: &str) -> String {
        if !is_email(email) {
            self.add(
                pointer,
                "is no e-mail address of at most 254 ASCII characters",
            );
        }
        email.to_ascii_lowercase()
    }

    /// A password that is to be set.
    pub(crate) fn password(&mut self, pointer: &str, password: &str) {
        if !(10..=256).contains(&password.chars().count()) {
            self.add(pointer, "must have 10 to 256 characters");
        }
    }

    /// A name, if there is one.
    pub(crate) fn name(&mut self, pointer: &str, name: Option<&str>) {
        let is_wrong = |name: &str| {
            !(1..=200).contains(&name.chars().count())
                || name.chars().any(|c| c < ' ' || c == '\u{7f}')
        };
        if name.is_some_and(is_wrong) {
            self.add(
                pointer,
                "must have 1 to 200 characters and no control characters",
            );
        }
    }

    /// Anything else that is to hold.
    pub(crate) fn check(&mut self, holds: bool, pointer: &str, detail: &str) {
        if !holds {
            self.add(pointer, detail);
        }
    }

    /// Nothing wrong, or the problem.
    pub(crate) fn none(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(
                Problem::new("invalid", "Some values are not allowed; see errors.")
                    .with_faults(self.0),
            )
        }
    }
}

/// As [`EMAIL`] says in words of a regular expression.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_local = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.chars().all(is_local)
        && domain.split('.').all(is_label)
}

/// What an e-mail address looks like here (after the HTML standard's `input type=email`).
pub(crate) fn email_schema() -> utoipa::openapi::schema::Object {
    let pattern =
        r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63})*$";
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .max_length(Some(254))
        .pattern(Some(pattern))
        .examples([serde_json::json!("ada@example.com")])
        .build()
}

/// An answer in JSON.
pub(crate) fn json<T: serde::Serialize>(status: StatusCode, body: T) -> (StatusCode, Json<T>) {
    (status, Json(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_not_repeated() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wanted {
            #[expect(dead_code, reason = "only its absence is looked at")]
            list: Vec<u8>,
        }
        let problem = parse::<Wanted>(br#"{"list": [1, "secret"]}"#).unwrap_err();
        assert_eq!(problem.status, 422);
        assert_eq!(problem.errors[0].pointer, "/list/1");
        assert_eq!(problem.errors[0].detail, "invalid type, expected u8");
        assert_eq!(parse::<Wanted>(b"{").unwrap_err().status, 400);
        assert_eq!(
            parse::<Wanted>(br#"{"list": []} x"#).unwrap_err().status,
            400
        );
    }

    #[test]
    fn addresses() {
        for good in ["a@b", "ada.l+x@example.co.uk", "A@B.C"] {
            assert!(is_email(good), "{good}");
        }
        let long = format!("{}@b", "a".repeat(65));
        for bad in [
            "", "a", "@b", "a@", "a b@c", "a@b@c", "a@b..c", "ä@b", "a@b\n", &long,
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
