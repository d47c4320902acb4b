//! Streams of messages in pieces of any size, both ways.

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
