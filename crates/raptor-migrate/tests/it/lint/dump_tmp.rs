use raptor_migrate::{Chain, LintOptions, lint};
#[test]
fn dump() {
    let mut out = String::new();
    let mut files: Vec<_> = std::fs::read_dir("/tmp/sq/in")
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    for f in files {
        let sql = std::fs::read_to_string(&f).unwrap();
        let name = f.file_name().unwrap().to_string_lossy().into_owned();
        let mut res = None;
        for tx in ["", " tx=off"] {
            if name.contains("_Off_") && tx.is_empty() {
                continue;
            }
            let text = format!(
                "-- raptor: id=b2 revises=a1{tx}\n-- raptor:up postgres\n{sql}\n-- raptor:up sqlite\n"
            );
            match Chain::embedded(&[("1.sql", super::world::BASE), ("2.sql", &text)]) {
                Ok(chain) => {
                    let mut o = LintOptions::default();
                    o.only = Some(["b2".to_owned()].into());
                    o.also = ["integer-column", "enum-value-unplaced"]
                        .map(str::to_owned)
                        .into();
                    let l = lint(&chain, &o);
                    res = Some((
                        tx,
                        l.findings
                            .iter()
                            .map(|f| f.rule.to_owned())
                            .collect::<Vec<_>>(),
                    ));
                    break;
                }
                Err(e) => res = Some(("ERR", vec![e.to_string()])),
            }
        }
        let (tx, r) = res.unwrap();
        out += &format!("{name}\t{tx}\t{}\n", r.join(","));
    }
    std::fs::write("/tmp/sq/ours.tsv", out).unwrap();
}
