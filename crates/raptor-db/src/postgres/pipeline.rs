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
mod tests;
