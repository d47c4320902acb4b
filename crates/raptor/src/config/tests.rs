use super::*;

fn config(environment: &[(&str, &str)], file: Option<&str>) -> Result<Config> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let file = file.map(|text| (PathBuf::from("raptor.toml"), text.to_owned()));
    Config::from_sources(&Overrides::default(), &environment, file)
}

#[test]
fn nothing_said_means_the_embedded_database_on_this_machine_alone() {
    let config = config(&[], None).unwrap();
    assert!(config.is_embedded());
    assert_eq!(config.database_url(), EMBEDDED_URL);
    assert_eq!(config.address().unwrap().to_string(), "127.0.0.1:8000");
    assert_eq!(
        config.admin_address().unwrap().unwrap().to_string(),
        "127.0.0.1:9090"
    );
}

#[test]
fn the_environment_comes_before_the_file() {
    let config = config(
        &[("PORT", "81"), ("RAPTOR_LOG", "")],
        Some("port = 82\nlog = 'debug'"),
    )
    .unwrap();
    assert_eq!(config.address().unwrap().to_string(), "0.0.0.0:81");
    assert_eq!(config.log_filter(), "debug");
    assert_eq!(
        config.entry("RAPTOR_LOG").origin,
        Origin::File("raptor.toml".into())
    );
}

#[test]
fn a_wrong_value_is_named_with_its_origin() {
    let loaded = config(&[("RAPTOR_POOL_SIZE", "many")], None).unwrap();
    let error = format!("{:#}", loaded.database(EMBEDDED_URL).unwrap_err());
    assert!(
        error.contains("RAPTOR_POOL_SIZE is \"many\" (from environment RAPTOR_POOL_SIZE)"),
        "{error}"
    );
    let error = config(&[], Some("pool_sise = 3")).unwrap_err().to_string();
    assert!(
        error.contains("pool_sise") && error.contains("pool_size"),
        "{error}"
    );
}

#[test]
fn a_misspelt_variable_is_found() {
    let config = config(&[("RAPTOR_POOLSIZE", "3"), ("RAPTOR_PG_BIN", "/x")], None).unwrap();
    assert_eq!(config.unknown(), ["RAPTOR_POOLSIZE"]);
}

#[test]
fn an_option_comes_before_all() {
    let overrides = Overrides {
        url: Some("sqlite:x.db".into()),
        ..Overrides::default()
    };
    let environment = [(
        "DATABASE_OWNER_URL".to_owned(),
        "postgres://o@h/d".to_owned(),
    )]
    .into();
    let config = Config::from_sources(&overrides, &environment, None).unwrap();
    assert_eq!(config.database_url(), "sqlite:x.db");
    assert_eq!(config.migration_url(), "sqlite:x.db");
}

#[test]
fn what_could_never_work_is_refused_by_name() {
    for (env, value) in [
        ("RAPTOR_MAX_CONNECTIONS", "0"),
        ("RAPTOR_MAX_CONNECTIONS", "18446744073709551615"),
        ("RAPTOR_POOL_SIZE", "0"),
        ("RAPTOR_WORKERS", "0"),
        ("RAPTOR_WORKERS", "100000000"),
        ("RAPTOR_ADDRESS_LIMIT", "-5"),
        ("RAPTOR_REQUEST_TIMEOUT", "0s"),
        ("RAPTOR_STATEMENT_TIMEOUT", "0s"),
        ("RAPTOR_SESSION_IDLE", "0s"),
        ("RAPTOR_SESSION_LIFETIME", "300000000000s"),
    ] {
        let config = config(&[(env, value)], None).unwrap();
        let refused = [
            config.settings().err(),
            config.max_connections().err(),
            config.workers().err(),
            config.database(EMBEDDED_URL).err(),
        ];
        let refused = refused.into_iter().flatten().next();
        let text = format!("{:#}", refused.expect("it is refused"));
        assert!(text.contains(env) && text.contains("it must be "), "{text}");
    }
}
