//! The statement that makes an aggregate, of which Postgres writes none itself.

use crate::catalog::Routine;
use crate::generate::name::string;

/// Facts that name a function or a type, and the words for them.
const NAMES: [(&str, &str); 11] = [
    ("aggtransfn", "SFUNC"),
    ("aggtranstype", "STYPE"),
    ("aggfinalfn", "FINALFUNC"),
    ("aggcombinefn", "COMBINEFUNC"),
    ("aggserialfn", "SERIALFUNC"),
    ("aggdeserialfn", "DESERIALFUNC"),
    ("aggmtransfn", "MSFUNC"),
    ("aggminvtransfn", "MINVFUNC"),
    ("aggmtranstype", "MSTYPE"),
    ("aggmfinalfn", "MFINALFUNC"),
    ("aggsortop", "SORTOP"),
];

const SIZES: [(&str, &str); 2] = [("aggtransspace", "SSPACE"), ("aggmtransspace", "MSSPACE")];

const TEXTS: [(&str, &str); 2] = [("agginitval", "INITCOND"), ("aggminitval", "MINITCOND")];

const FLAGS: [(&str, &str); 2] = [
    ("aggfinalextra", "FINALFUNC_EXTRA"),
    ("aggmfinalextra", "MFINALFUNC_EXTRA"),
];

const MODES: [(&str, &str); 2] = [
    ("aggfinalmodify", "FINALFUNC_MODIFY"),
    ("aggmfinalmodify", "MFINALFUNC_MODIFY"),
];

pub(super) fn text(aggregate: &Routine) -> String {
    let fact = |name: &str| aggregate.properties.get(name);
    let kind = fact("aggkind").unwrap_or("n");
    let mut parts = Vec::new();
    for (name, word) in NAMES {
        if let Some(value) = fact(name).filter(|it| *it != "-") {
            // An operator is told with what it takes.
            let is_operator = word == "SORTOP";
            let bare = value.split('(').next().filter(|_| is_operator);
            parts.push(format!("{word} = {}", bare.unwrap_or(value)));
        }
    }
    for (name, word) in SIZES {
        let size = fact(name).filter(|it| *it != "0");
        parts.extend(size.map(|it| format!("{word} = {it}")));
    }
    for (name, word) in TEXTS {
        parts.extend(fact(name).map(|it| format!("{word} = {}", string(it))));
    }
    for (name, word) in FLAGS {
        let flag = fact(name).filter(|it| *it == "true");
        parts.extend(flag.map(|_| word.to_owned()));
    }
    for (name, word) in MODES {
        let usual = if kind == "n" { "r" } else { "w" };
        let mode = match fact(name).filter(|it| *it != usual) {
            Some("r") => "READ_ONLY",
            Some("s") => "SHAREABLE",
            Some("w") => "READ_WRITE",
            _ => continue,
        };
        parts.push(format!("{word} = {mode}"));
    }
    if let Some(parallel) = fact("parallel") {
        parts.push(format!("PARALLEL = {parallel}"));
    }
    if kind == "h" {
        parts.push("HYPOTHETICAL".to_owned());
    }
    let name = aggregate.name.split_once('(');
    let name = name.map_or(aggregate.name.as_str(), |(name, _)| name);
    let takes = match aggregate.arguments.as_str() {
        "" => "*",
        arguments => arguments,
    };
    format!(
        "CREATE OR REPLACE AGGREGATE {name}({takes}) ({})",
        parts.join(", ")
    )
}
