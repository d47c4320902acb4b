use super::*;
use proptest::prelude::*;

fn script(text: &str) -> Script {
    match of_bytes(Path::new("x/zz.py"), "zz.py", text.as_bytes()) {
        Read::Script(script) => script,
        Read::Opaque(opaque) => panic!("{text}\n{}", opaque.why),
    }
}

fn why(text: &str) -> String {
    match of_bytes(Path::new("x/zz.py"), "zz.py", text.as_bytes()) {
        Read::Script(script) => panic!("{text}\n{script:?}"),
        Read::Opaque(opaque) => opaque.why,
    }
}

/// The file, then id, what it revises, what it depends on, and its labels.
type Case = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn every_spelling_of_a_literal() {
    let cases: &[Case] = &[
        ("revision = 'a1'\ndown_revision = None", "a1", &[], &[], &[]),
        (
            "revision='a1';down_revision=\"b2\"",
            "a1",
            &["b2"],
            &[],
            &[],
        ),
        (
            "revision: str = \"a1\"\ndown_revision: Union[str, None] = 'b2'",
            "a1",
            &["b2"],
            &[],
            &[],
        ),
        (
            "revision: Final = 'a1'\ndown_revision: 'str | None'",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "revision = '''a1'''\ndown_revision = (\n  'b2',  # the first\n  \"c3\"\n)",
            "a1",
            &["b2", "c3"],
            &[],
            &[],
        ),
        (
            "revision = ('a1')\ndown_revision = ('b2')",
            "a1",
            &["b2"],
            &[],
            &[],
        ),
        (
            "revision = (('a1'))\ndown_revision = (('b2',))",
            "a1",
            &["b2"],
            &[],
            &[],
        ),
        (
            "revision = 'a' '1'\ndown_revision = ['b' \"2\", 'c3',]",
            "a1",
            &["b2", "c3"],
            &[],
            &[],
        ),
        (
            "revision = r'a1'\ndown_revision = U'b2', u\"c3\"",
            "a1",
            &["b2", "c3"],
            &[],
            &[],
        ),
        (
            "revision = 'a1' # 'x'\ndown_revision = () ",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "revision = \\\n  'a1'\r\ndown_revision \\\r\n = 'b2'\r\n",
            "a1",
            &["b2"],
            &[],
            &[],
        ),
        (
            "revision = 'a\\x31'\ndown_revision = 'b\\u0032'\ndepends_on = '\\143\\63'",
            "a1",
            &["b2"],
            &["c3"],
            &[],
        ),
        (
            "revision = 'a1'\ndepends_on = {'b2'}\nbranch_labels = ('x', 'y')",
            "a1",
            &[],
            &["b2"],
            &["x", "y"],
        ),
        (
            "revision = 'a1'\nbranch_labels: str | Sequence[str] | None = [\n]",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "\u{feff}\"\"\"doc\"\"\"\nrevision = 'a1'",
            "a1",
            &[],
            &[],
            &[],
        ),
        ("revision = 'x'\nrevision = 'a1'", "a1", &[], &[], &[]),
        (
            "revision = 'a1'\ndef upgrade():\n  revision = 3\n  down_revision += 1",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "revision = 'a1'\nclass C:\n\n    revision = compute()\n",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "revision = 'a1'\n@decorated(\n revision = 1)\nasync def f(revision=2): down_revision = 3",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "revision = 'a1'\nprint(f'{revision}', revision=1, x=[down_revision])",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "revision = 'a1'\nx.revision = 'b'\nif revision == 'a1': pass",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "if True:\n  import x\nrevision = 'a1'\n",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "# revision = 'x'\n'''\nrevision = 'x'\n'''\nrevision = 'a1'",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "from x import *\nrevision, = 'a1'\nrevision = 'a1'\ndown_revision = depends_on = None\ndown_revision = None\ndepends_on = None\nbranch_labels = None",
            "a1",
            &[],
            &[],
            &[],
        ),
        (
            "revision = 'a1'\ns = 'it\\'s'\nt = \"\"\"a \"quoted\" \\\"\"\" word\"\"\"\ndown_revision = 'b2'",
            "a1",
            &["b2"],
            &[],
            &[],
        ),
        (
            "revision = 'a1'\nx = {1: [2, (3)]}\ny = 1_000.5e-3j @ ~z\n",
            "a1",
            &[],
            &[],
            &[],
        ),
        ("revision = 'ä1'\nüber = revision\n", "ä1", &[], &[], &[]),
    ];
    for (text, id, revises, depends, labels) in cases {
        let script = script(text);
        assert_eq!(script.id, *id, "{text}");
        assert_eq!(script.revises, *revises, "{text}");
        assert_eq!(script.depends, *depends, "{text}");
        assert_eq!(script.labels, *labels, "{text}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_is_no_literal_has_a_place() {
    let cases = [
        ("revision = make()", "zz.py:1:1: `revision` is no literal"),
        (
            "\nrevision = f'a{1}'",
            "zz.py:2:1: `revision` is no literal",
        ),
        (
            "revision = 'a' + '1'",
            "zz.py:1:1: `revision` is no literal",
        ),
        ("revision = b'a1'", "zz.py:1:1: `revision` is no literal"),
        (
            "revision = '\\N{BULLET}'",
            "zz.py:1:1: `revision` is no literal",
        ),
        (
            "revision = 'a1' if x else 'b2'",
            "zz.py:1:1: `revision` is no literal",
        ),
        (
            "revision = 'a1'\ndown_revision = PARENT",
            "zz.py:2:1: `down_revision` is no literal",
        ),
        (
            "revision = 'a1'\ndown_revision = ('b', None)",
            "zz.py:2:1: `down_revision` is no literal",
        ),
        (
            "revision = 'a1'\ndown_revision = ('b',, 'c')",
            "zz.py:2:1: `down_revision` is no literal",
        ),
        (
            "revision = 'a1'\nif x:\n    down_revision = 'b'",
            "zz.py:3:5: `down_revision` is no literal",
        ),
        (
            "if x: revision = 'a1'",
            "zz.py:1:7: `revision` is no literal",
        ),
        (
            "revision = down_revision = 'a1'",
            "zz.py:1:1: `revision` is no literal",
        ),
        (
            "revision, down_revision = 'a1', None",
            "zz.py:1:1: `revision` is no literal",
        ),
        (
            "revision = 'a1'\nfrom x import down_revision",
            "zz.py:2:15: `down_revision` is no literal",
        ),
        (
            "revision = 'a1'\nfrom x import *",
            "zz.py:2:1: `down_revision` is no literal",
        ),
        (
            "revision = 'a1'\nrevision += '2'",
            "zz.py:2:1: `revision` is no literal",
        ),
        (
            "revision = 'a1'\nfor depends_on in x: pass",
            "zz.py:2:5: `depends_on` is no literal",
        ),
        (
            "revision = 'a1'\nprint(depends_on := 'x')",
            "zz.py:2:7: `depends_on` is no literal",
        ),
        ("revision = 1", "zz.py:1:1: `revision` is no literal"),
        ("revision = None", "zz.py:1:1: `revision` is no string"),
        (
            "def upgrade(): pass",
            "zz.py:1:1: `revision` is not assigned",
        ),
        (
            "revision = 'a1",
            "zz.py:1:1: the file cannot be read without Python",
        ),
        (
            "revision = ('a1'",
            "zz.py:1:1: the file cannot be read without Python",
        ),
        (
            "revision = 'a1')",
            "zz.py:1:1: the file cannot be read without Python",
        ),
        ("", "zz.py:1:1: `revision` is not assigned"),
    ];
    for (text, expected) in cases {
        assert_eq!(why(text), expected, "{text}");
    }
    let latin = of_bytes(Path::new("zz.py"), "zz.py", b"# \xe4\nrevision = 'a1'");
    assert!(matches!(latin, Read::Opaque(opaque) if opaque.why.ends_with("not UTF-8")));
}

#[test]
fn the_name_of_an_old_file_is_its_id() {
    let read = of_bytes(Path::new("x/3a0.py"), "3a0.py", b"down_revision = 'b2'");
    assert!(matches!(read, Read::Script(script) if script.id == "3a0" && script.revises == ["b2"]));
}

#[test]
fn the_docstring_gives_title_and_day() {
    let cases = [
        (
            "\"\"\"Add users\n\nRevision ID: a1\nRevises:\nCreate Date: 2020-01-31 12:00:00.1\n\"\"\"",
            Some("Add users"),
            Some("20200131"),
        ),
        ("'''\n  Add\n'''", Some("Add"), None),
        ("'Add ' 'users'", Some("Add users"), None),
        ("r\"Add \\d\"", Some("Add \\d"), None),
        (
            "\"\"\"\n\nRevision ID: a1\nCreate Date: soon\n\"\"\"",
            None,
            None,
        ),
        ("# no docstring\nimport x\n'text'", None, None),
        ("x = 'text'", None, None),
        ("\"\"\"Create Date: 2020-01-3é\"\"\"", None, None),
    ];
    for (doc, title, date) in cases {
        let script = script(&format!("{doc}\nrevision = 'a1'\n"));
        assert_eq!(script.title.as_deref(), title, "{doc}");
        assert_eq!(script.date.as_deref(), date, "{doc}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".*") {
        let _ = of_bytes(Path::new("zz.py"), "zz.py", text.as_bytes());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = of_bytes(Path::new("zz.py"), "zz.py", &bytes);
    }

    #[test]
    fn no_heap_of_tokens_makes_it_panic(parts in proptest::collection::vec(
        prop::sample::select(vec![
            "revision", "down_revision", "=", ":=", "==", "'", "\"", "'''", "\"\"\"", "\\", "\n", "\r\n", "  ", "(", ")",
            "[", "]", "{", "}", ",", ";", ":", "#", "None", "'a'", "r'", "b'", "f\"", "\\x", "\\u1", "é", "if", "def",
            "import", "*", "from", ".", "1e9", "\u{0}", "\u{c}", "\u{feff}",
        ]), 0..40)
    ) {
        let _ = of_bytes(Path::new("zz.py"), "zz.py", parts.concat().as_bytes());
    }

    #[test]
    fn a_string_is_read_as_it_was_written(text in "[^\u{d}]*") {
        let mut written = String::new();
        for c in text.chars() {
            match c {
                '\\' | '\'' => { written.push('\\'); written.push(c); }
                '\n' => written.push_str("\\n"),
                c if u32::from(c) < 32 => written.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => written.push(c),
            }
        }
        prop_assert_eq!(script(&format!("revision = '{written}'")).id, text);
    }
}
