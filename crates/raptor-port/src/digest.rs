//! Hashes of values as Postgres itself computes them, so that both sides can be compared without
//! carrying a row: its `hash…extended` functions, which partitioning keeps the same from version to
//! version. The algorithm is Bob Jenkins's lookup3 (<https://burtleburtle.net/bob/c/lookup3.c>) with
//! Postgres's way of seeding it.
//!
//! The sum over a column does not depend on the order of rows. Each value is hashed with the hash of its
//! row's key as the seed, so that two values that changed places show as well.

/// The sum of a column's hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum(i128);

impl TryFrom<String> for Sum {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl Sum {
    pub(crate) fn add(&mut self, hash: u64) {
        self.0 += i128::from(hash.cast_signed());
    }

    /// The sum over both parts.
    pub(crate) fn join(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// `hashtextextended`, with a collation that is deterministic.
pub(crate) fn bytes(bytes: &[u8], seed: u64) -> u64 {
    // The length goes in with 32 bits, as no value is longer.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut state = State::new(length, seed);
    let mut blocks = bytes.chunks_exact(12);
    for block in &mut blocks {
        state.add(word(&block[0..4]), word(&block[4..8]), word(&block[8..12]));
        state.mix();
    }
    let rest = blocks.remainder();
    let part = |from: usize| word(rest.get(from..).unwrap_or_default());
    // The lowest byte of the third word is the length's.
    let last = rest.get(8..).unwrap_or_default();
    state.add(part(0), part(4), word(last) << 8);
    state.finish()
}

/// `hashint8extended`; the same for smaller integers, dates and times as their number.
pub(crate) fn integer(value: i64, seed: u64) -> u64 {
    let bits = value.cast_unsigned();
    let (low, high) = (half(bits), half(bits >> 32));
    let mut state = State::new(4, seed);
    state.add(low ^ if value >= 0 { high } else { !high }, 0, 0);
    state.finish()
}

/// `hashfloat8extended`.
pub(crate) fn double(value: f64, seed: u64) -> u64 {
    // Both zeros are one; then the seed itself is the hash.
    if value == 0.0 {
        return seed;
    }
    let value = if value.is_nan() { f64::NAN } else { value };
    bytes(&value.to_le_bytes(), seed)
}

/// Up to four bytes, the first one lowest.
fn word(bytes: &[u8]) -> u32 {
    if let Some(word) = bytes.first_chunk() {
        return u32::from_le_bytes(*word);
    }
    let bytes = bytes.iter().enumerate();
    bytes.fold(0, |word, (at, byte)| word | u32::from(*byte) << (8 * at))
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
fn half(bits: u64) -> u32 {
    bits as u32
}

struct State {
    a: u32,
    b: u32,
    c: u32,
}

impl State {
    fn new(length: u32, seed: u64) -> Self {
        let start = 0x9e37_79b9_u32.wrapping_add(length).wrapping_add(3_923_095);
        let mut state = Self {
            a: start,
            b: start,
            c: start,
        };
        if seed != 0 {
            state.add(half(seed >> 32), half(seed), 0);
            state.mix();
        }
        state
    }

    fn add(&mut self, a: u32, b: u32, c: u32) {
        self.a = self.a.wrapping_add(a);
        self.b = self.b.wrapping_add(b);
        self.c = self.c.wrapping_add(c);
    }

    fn mix(&mut self) {
        let Self { a, b, c } = self;
        for (x, y, z) in [(4, 6, 8), (16, 19, 4)] {
            *a = a.wrapping_sub(*c) ^ c.rotate_left(x);
            *c = c.wrapping_add(*b);
            *b = b.wrapping_sub(*a) ^ a.rotate_left(y);
            *a = a.wrapping_add(*c);
            *c = c.wrapping_sub(*b) ^ b.rotate_left(z);
            *b = b.wrapping_add(*a);
        }
    }

    fn finish(self) -> u64 {
        let Self {
            mut a,
            mut b,
            mut c,
        } = self;
        c = (c ^ b).wrapping_sub(b.rotate_left(14));
        a = (a ^ c).wrapping_sub(c.rotate_left(11));
        b = (b ^ a).wrapping_sub(a.rotate_left(25));
        c = (c ^ b).wrapping_sub(b.rotate_left(16));
        a = (a ^ c).wrapping_sub(c.rotate_left(4));
        b = (b ^ a).wrapping_sub(a.rotate_left(14));
        c = (c ^ b).wrapping_sub(b.rotate_left(24));
        u64::from(b) << 32 | u64::from(c)
    }
}

#[cfg(test)]
mod tests {
    use super::{Sum, bytes, double, integer};
    use raptor_db::{Config, Db, Scope, Sql, params};

    /// What a server says of each value, beside what is computed here.
    #[tokio::test]
    async fn they_are_postgres_own() {
        let server = raptor_testkit::Server::start(raptor_testkit::Options::default()).unwrap();
        let urls = server.create_database("digest").unwrap();
        let db = Db::open(Config::new(urls.owner_url()).unwrap())
            .await
            .unwrap();
        let ask = async |expression: String| -> i64 {
            let sql = Sql::dynamic(format!("SELECT {expression} AS hash"));
            let rows = db.query(&Scope::system(), &sql, params! {}).await.unwrap();
            rows[0].get("hash").unwrap()
        };
        for seed in [0_i64, 1, -1, i64::MIN, 0x1234_5678_9abc_def0] {
            let bits = seed.cast_unsigned();
            for text in [
                "",
                "a",
                "abcd",
                "abcdefgh",
                "abcdefghijk",
                "abcdefghijkl",
                "grüße, 世界 and more than twelve",
            ] {
                let hash = ask(format!("hashtextextended('{text}', {seed})")).await;
                assert_eq!(
                    bytes(text.as_bytes(), bits),
                    hash.cast_unsigned(),
                    "{text} {seed}"
                );
            }
            for value in [0, 1, -1, 42, i64::MAX, i64::MIN, -5_000_000_000] {
                let hash = ask(format!("hashint8extended(('{value}')::bigint, {seed})")).await;
                assert_eq!(integer(value, bits), hash.cast_unsigned(), "{value} {seed}");
            }
            for value in [0.0, -0.0, 1.5, -1e300, f64::NAN, f64::INFINITY] {
                let hash = ask(format!("hashfloat8extended('{value}', {seed})")).await;
                assert_eq!(double(value, bits), hash.cast_unsigned(), "{value} {seed}");
            }
        }
    }

    #[test]
    fn a_sum_does_not_depend_on_the_order() {
        let mut one = Sum::default();
        let (mut two, mut rest) = (Sum::default(), Sum::default());
        for value in 0..100 {
            one.add(integer(value, 7));
            let part = if value % 3 == 0 { &mut two } else { &mut rest };
            part.add(integer(value, 7));
        }
        two.join(rest);
        assert_eq!(one, two);
    }
}
