//! Two statements with one end.
//!
//! The driver ends every statement with a Sync, and the server answers each Sync with a send of its own. Without one
//! between them, the settings of a scope and the statement that they are for are
//! [one transaction](https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING) that needs no
//! BEGIN and no COMMIT, and come back in one piece. So the Sync behind a statement whose text begins with [`MARK`] is left
//! out on the way to the server, and the `ReadyForQuery` that the driver waits for is put in on the way back.
//!
//! Who runs such a statement sends another right behind it, whatever happens: its transaction is open until then. What the
//! driver sends by itself between the two, which is to close a statement that nobody holds any more, is made a part of it.

use super::socket::AnnouncedPid;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;

/// How the text of a statement begins that shares its end with the next one.
pub(super) const MARK: &str = "/* pipelined */ ";

/// "Ready, in a transaction."
pub(super) const READY: [u8; 6] = [b'Z', 0, 0, 0, 5, b'T'];

/// A type and a length.
const HEAD: usize = 5;
/// So much of a Parse or Bind holds the driver's name of the statement, and the mark.
const NAMED: usize = 64;

/// Where in a stream of messages (type, length, body) we are, which come in pieces of any size.
#[derive(Clone)]
struct Place {
    head: [u8; NAMED],
    held: usize,
    /// What is to come of the body, once the head is there.
    rest: Option<usize>,
    /// How much of a message is its head, by its type.
    heads: fn(u8) -> usize,
}

/// What of a message is there now.
enum Part {
    Head,
    End,
}

impl Place {
    fn new(heads: fn(u8) -> usize) -> Self {
        Self {
            head: [0; NAMED],
            held: 0,
            rest: None,
            heads,
        }
    }

    fn head(&self) -> &[u8] {
        &self.head[..self.held]
    }

    /// Type and length included.
    fn length(&self) -> usize {
        let [_, a, b, c, d, ..] = self.head;
        (u32::from_be_bytes([a, b, c, d]) as usize + 1).max(HEAD)
    }

    fn wanted(&self) -> usize {
        if self.held < HEAD {
            return HEAD;
        }
        (self.heads)(self.head[0]).min(self.length())
    }

    /// Goes on to the next part or to the end of the bytes; how far.
    fn step(&mut self, bytes: &[u8]) -> (usize, Option<Part>) {
        if let Some(rest) = self.rest {
            let taken = rest.min(bytes.len());
            if taken < rest {
                self.rest = Some(rest - taken);
                return (taken, None);
            }
            (self.rest, self.held) = (None, 0);
            return (taken, Some(Part::End));
        }
        let mut taken = 0;
        loop {
            let lacking = self.wanted() - self.held;
            if lacking == 0 {
                self.rest = Some(self.length() - self.held);
                return (taken, Some(Part::Head));
            }
            let piece = &bytes[taken..bytes.len().min(taken + lacking)];
            if piece.is_empty() {
                return (taken, None);
            }
            self.head[self.held..][..piece.len()].copy_from_slice(piece);
            self.held += piece.len();
            taken += piece.len();
        }
    }
}

/// A Sync that is left out.
pub(super) struct Cut {
    pub(super) range: Range<usize>,
    /// So many answers end before that of its statement.
    before: u64,
}

/// What went to the server.
#[derive(Clone)]
struct Sent {
    place: Place,
    /// What is being sent shares its end with the next.
    is_marked: bool,
    /// A marked statement was sent, and not yet the one that it is for.
    is_open: bool,
    /// How many ends of answers were asked for.
    ends: u64,
}

/// Both directions of a connection.
pub(super) struct Pipeline {
    pid: AnnouncedPid,
    /// The server has waited for a statement: the start-up, whose messages from the client have no type, is over.
    has_started: bool,
    sent: Sent,
    /// The driver's names of statements with the mark.
    marked: Vec<Box<[u8]>>,
    received: Place,
    /// How many ends of answers have come.
    ended: u64,
    /// Which answers have an end of their own that the server does not send, by how many end before.
    open: VecDeque<u64>,
    /// How many of them end with the message that is coming.
    ending: usize,
    /// So many ends are to be put in here.
    due: usize,
}

impl Pipeline {
    pub(super) fn new(pid: AnnouncedPid) -> Self {
        let of_client = |kind| match kind {
            b'P' | b'B' => NAMED,
            _ => HEAD,
        };
        // The id of the process is the first that BackendKeyData holds.
        let of_server = |kind| if kind == b'K' { HEAD + 4 } else { HEAD };
        Self {
            pid,
            has_started: false,
            sent: Sent {
                place: Place::new(of_client),
                is_marked: false,
                is_open: false,
                ends: 0,
            },
            marked: Vec::new(),
            received: Place::new(of_server),
            ended: 0,
            open: VecDeque::new(),
            ending: 0,
            due: 0,
        }
    }

    /// What is to be left out of these bytes, once they are sent: see [`Pipeline::send`].
    pub(super) fn cuts(&mut self, bytes: &[u8]) -> io::Result<Vec<Cut>> {
        if !self.has_started {
            return Ok(Vec::new());
        }
        self.sent.clone().walk(bytes, &mut self.marked)
    }

    /// These bytes are sent, but for what is to be left out of them.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.has_started {
            return Ok(());
        }
        let cuts = self.sent.walk(bytes, &mut self.marked)?;
        self.open.extend(cuts.into_iter().map(|cut| cut.before));
        Ok(())
    }

    /// Takes bytes from the server up to where [`READY`] is to be put in; none if they are all taken.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.due > 0 {
            self.due -= 1;
            return Some(0);
        }
        let mut at = 0;
        loop {
            let (taken, part) = self.received.step(&bytes[at..]);
            at += taken;
            match part {
                None => return None,
                Some(Part::Head) => match *self.received.head() {
                    [b'K', .., a, b, c, d] if !self.has_started => {
                        self.pid.set(i32::from_be_bytes([a, b, c, d]));
                    }
                    [kind, ..] => self.ending = self.ending_with(kind),
                    [] => {}
                },
                Some(Part::End) if self.ending > 0 => {
                    self.open.drain(..self.ending);
                    self.due = std::mem::take(&mut self.ending) - 1;
                    return Some(at);
                }
                Some(Part::End) => {}
            }
        }
    }
}

impl Pipeline {
    /// How many of the answers without an end are over with a message of this kind.
    fn ending_with(&mut self, kind: u8) -> usize {
        let now = self.ended;
        let of_these = |before: &&u64| **before <= now;
        match kind {
            b'Z' if !self.has_started => {
                self.has_started = true;
                0
            }
            // Behind a failure the server reads on to the next end, and answers nothing else.
            b'Z' => {
                self.ended += 1;
                self.open.iter().take_while(of_these).count()
            }
            b'E' => self.open.iter().take_while(of_these).count(),
            b'C' | b'3' => usize::from(self.open.front() == Some(&now)),
            _ => 0,
        }
    }
}

impl Sent {
    fn walk(&mut self, bytes: &[u8], marked: &mut Vec<Box<[u8]>>) -> io::Result<Vec<Cut>> {
        let (mut at, mut cuts) = (0, Vec::new());
        loop {
            let (taken, part) = self.place.step(&bytes[at..]);
            at += taken;
            match part {
                None => return Ok(cuts),
                Some(Part::End) => continue,
                Some(Part::Head) => {}
            }
            let head = self.place.head();
            match head[0] {
                b'P' => {
                    if self.is_open && head.get(HEAD) != Some(&0) {
                        return Err(between());
                    }
                    if let Some((name, text)) = text(&head[HEAD..])
                        && !name.is_empty()
                        && text.starts_with(MARK.as_bytes())
                        && !marked.iter().any(|it| **it == *name)
                    {
                        marked.push(name.into());
                    }
                }
                b'B' => {
                    let name = text(&head[HEAD..]).and_then(|(_, rest)| text(rest));
                    self.is_marked =
                        name.is_some_and(|(name, _)| marked.iter().any(|it| **it == *name));
                    if self.is_open && self.is_marked {
                        return Err(between());
                    }
                    self.is_open = self.is_marked;
                }
                b'C' => self.is_marked = self.is_open,
                b'S' if std::mem::take(&mut self.is_marked) => {
                    let begin = at.checked_sub(HEAD).ok_or_else(parted)?;
                    cuts.push(Cut {
                        range: begin..at,
                        before: self.ends,
                    });
                }
                b'S' | b'Q' | b'F' if self.is_open => return Err(between()),
                b'S' | b'Q' | b'F' => self.ends += 1,
                _ => {}
            }
        }
    }
}

/// A connection ends rather than that a statement runs in another's scope, or in none.
fn between() -> io::Error {
    io::Error::other("a statement came between a scope and the one that it is for")
}

/// The driver gives a request as a whole.
fn parted() -> io::Error {
    io::Error::other("a Sync came in two pieces")
}

/// A text up to its NUL, and what comes behind.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind], &length.to_be_bytes()[..], body].concat()
    }

    fn parse(name: &str, text: &str) -> Vec<u8> {
        message(b'P', format!("{name}\0{text}\0\0\0").as_bytes())
    }

    fn run(name: &str) -> Vec<u8> {
        let bind = message(b'B', format!("\0{name}\0{}", "S".repeat(90)).as_bytes());
        [bind, message(b'E', b"\0\0\0\0\0")].concat()
    }

    fn sync() -> Vec<u8> {
        message(b'S', b"")
    }

    fn answer(tag: &str) -> Vec<u8> {
        let row = message(b'D', b"\0\x01\0\0\0\x06Z\0\0\0\x05T");
        [
            message(b'2', b""),
            row,
            message(b'C', format!("{tag}\0").as_bytes()),
        ]
        .concat()
    }

    fn ready() -> Vec<u8> {
        message(b'Z', b"I")
    }

    /// After a start-up that came in pieces of `size`, and the id that was announced.
    fn started(size: usize) -> (Pipeline, AnnouncedPid) {
        let pid = AnnouncedPid::default();
        let mut pipeline = Pipeline::new(pid.clone());
        // What the client sends now has no types: it is none of ours.
        pipeline.send(b"\0\0\0\x08user").unwrap();
        let parameter = message(b'S', b"a\0b\0");
        let key = message(b'K', &[0, 0, 4, 210, 9, 9, 9, 9]);
        let bytes = [message(b'R', &[0; 4]), parameter, key, ready()].concat();
        for piece in bytes.chunks(size) {
            assert_eq!(pipeline.receive(piece), None);
        }
        (pipeline, pid)
    }

    #[test]
    fn the_id_is_found_in_pieces_of_any_size() {
        for size in 1..=40 {
            let (pipeline, pid) = started(size);
            assert_eq!((pid.get(), pipeline.ended), (1234, 0), "pieces of {size}");
            assert!(pipeline.has_started, "pieces of {size}");
        }
    }

    /// Two statements are described, then run: a plain one, a marked one and one that goes with it, a plain one.
    fn prepared() -> Pipeline {
        let mut pipeline = started(1 << 16).0;
        let asked = [
            parse("s1", &format!("{MARK}SELECT 1")),
            sync(),
            parse("s2", &format!("SELECT 2 {MARK}")),
            sync(),
        ];
        pipeline.send(&asked.concat()).unwrap();
        let answered = [message(b'1', b""), ready(), message(b'1', b""), ready()].concat();
        assert_eq!(pipeline.receive(&answered), None);
        pipeline
    }

    fn asked() -> Vec<Vec<u8>> {
        let query = message(b'Q', b"SELECT 3\0");
        vec![
            query,
            run("s1"),
            sync(),
            run("s2"),
            sync(),
            run("s2"),
            sync(),
        ]
    }

    /// What the driver gets of `bytes`, which come in pieces of `size`.
    fn received(pipeline: &mut Pipeline, bytes: &[u8], size: usize) -> Vec<u8> {
        let mut got = Vec::new();
        for mut piece in bytes.chunks(size) {
            while let Some(end) = pipeline.receive(piece) {
                got.extend_from_slice(&piece[..end]);
                got.extend_from_slice(&READY);
                piece = &piece[end..];
            }
            got.extend_from_slice(piece);
        }
        got
    }

    #[test]
    fn only_the_end_of_a_marked_statement_is_left_out() {
        let mut pipeline = prepared();
        let asked = asked();
        let bytes = asked.concat();
        let begin = asked[..2].concat().len();
        let cuts = pipeline.cuts(&bytes).unwrap();
        assert_eq!(cuts.len(), 1);
        assert_eq!(cuts[0].range, begin..begin + 5);
        assert!(pipeline.open.is_empty(), "nothing was sent yet");
        // What a socket takes of the rest, it takes in pieces of any size.
        for size in 1..=bytes.len() {
            let mut pipeline = prepared();
            pipeline.send(&asked[..3].concat()).unwrap();
            for piece in asked[3..].concat().chunks(size) {
                pipeline.send(piece).unwrap();
            }
            assert_eq!((pipeline.sent.ends, pipeline.open.len()), (5, 1), "{size}");
        }
    }

    #[test]
    fn the_driver_gets_an_end_for_each() {
        let whole = [answer("SELECT 1"), ready(), answer("SELECT 1")].concat();
        let tail = [answer("SELECT 1"), ready(), answer("SELECT 1"), ready()].concat();
        let bytes = [&whole[..], &tail].concat();
        let wanted = [&whole[..], &READY, &tail].concat();
        for size in 1..=bytes.len() {
            let mut pipeline = prepared();
            pipeline.send(&asked().concat()).unwrap();
            assert_eq!(received(&mut pipeline, &bytes, size), wanted, "{size}");
            assert!(pipeline.open.is_empty());
        }
    }

    #[test]
    fn what_fails_ends_too_and_what_it_was_for_is_not_run() {
        let before = [answer("SELECT 1"), ready()].concat();
        let notice = message(b'N', b"CE\0");
        let failed = message(b'E', b"SERROR\0C57014\0\0");
        let after = [ready(), answer("SELECT 1"), ready()].concat();
        let bytes = [&before[..], &notice, &failed, &after].concat();
        let wanted = [&before[..], &notice, &failed, &READY, &after].concat();
        for size in 1..=bytes.len() {
            let mut pipeline = prepared();
            pipeline.send(&asked().concat()).unwrap();
            assert_eq!(received(&mut pipeline, &bytes, size), wanted, "{size}");
        }
    }

    /// A statement that nobody holds any more is closed by whoever lets go of it, at any time.
    #[test]
    fn what_is_closed_in_between_is_a_part_of_it() {
        let close = message(b'C', b"Ss9\0");
        let asked = [run("s1"), sync(), close, sync(), run("s2"), sync()].concat();
        let closed = message(b'3', b"");
        let failed = message(b'E', b"SERROR\0C26000\0\0");
        let (set, query) = (answer("SELECT 1"), answer("SELECT 2"));
        for (bytes, wanted) in [
            (
                [&set[..], &closed, &query, &ready()].concat(),
                [&set[..], &READY, &closed, &READY, &query, &ready()].concat(),
            ),
            (
                [&set[..], &closed, &failed, &ready()].concat(),
                [&set[..], &READY, &closed, &READY, &failed, &ready()].concat(),
            ),
            // Behind the first failure nothing is answered but the end.
            (
                [&failed[..], &ready()].concat(),
                [&failed[..], &READY, &READY, &ready()].concat(),
            ),
        ] {
            for size in 1..=bytes.len() {
                let mut pipeline = prepared();
                assert_eq!(pipeline.cuts(&asked).unwrap().len(), 2);
                pipeline.send(&asked).unwrap();
                // And the next one is answered as if nothing had been.
                pipeline
                    .send(&[run("s1"), sync(), run("s2"), sync()].concat())
                    .unwrap();
                let next = [&set[..], &query, &ready()].concat();
                let next_wanted = [&set[..], &READY, &query, &ready()].concat();
                let got = received(&mut pipeline, &[&bytes[..], &next].concat(), size);
                assert_eq!(got, [&wanted[..], &next_wanted].concat(), "{size}");
                assert!(pipeline.open.is_empty());
            }
        }
    }

    #[test]
    fn what_is_closed_behind_a_failure_ends_too() {
        let mut pipeline = prepared();
        pipeline.send(&[run("s1"), sync()].concat()).unwrap();
        let failed = message(b'E', b"SERROR\0C26000\0\0");
        let got = received(&mut pipeline, &failed, 100);
        assert_eq!(got, [&failed[..], &READY].concat());
        let close = message(b'C', b"Ss9\0");
        pipeline
            .send(&[close, sync(), run("s2"), sync()].concat())
            .unwrap();
        let got = received(&mut pipeline, &ready(), 3);
        assert_eq!(got, [&ready()[..], &READY].concat());
        assert!(pipeline.open.is_empty());
    }

    #[test]
    fn nothing_else_comes_between() {
        for other in [
            [message(b'Q', b"\0"), Vec::new()],
            [run("s1"), sync()],
            [parse("s3", "SELECT 3"), sync()],
            [sync(), Vec::new()],
        ] {
            let mut pipeline = prepared();
            pipeline.send(&[run("s1"), sync()].concat()).unwrap();
            let error = pipeline.send(&other.concat()).unwrap_err();
            assert!(error.to_string().contains("came between"), "{error}");
        }
        // What ends a transaction whose statement was not sent is none with a name.
        let mut pipeline = prepared();
        let end = [run("s1"), sync(), parse("", ""), run(""), sync()].concat();
        pipeline.send(&end).unwrap();
        assert!(!pipeline.sent.is_open);
        pipeline
            .send(&[parse("", MARK), sync(), run(""), sync()].concat())
            .unwrap();
        assert!(
            !pipeline.sent.is_open,
            "a statement without a name has no mark"
        );
    }

    #[test]
    fn a_sync_in_two_pieces_is_no_sync_that_could_be_left_out() {
        let mut pipeline = prepared();
        let bytes = asked()[1..3].concat();
        pipeline.send(&bytes[..bytes.len() - 2]).unwrap();
        let error = pipeline.send(&bytes[bytes.len() - 2..]).unwrap_err();
        assert_eq!(error.to_string(), "a Sync came in two pieces");
    }
}
