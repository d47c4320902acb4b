//! Chains on real databases. Each case runs on both engines, as `sqlite::…` and `postgres::…`.

#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

mod catalogs;
mod deployers;
mod downgrades;
mod engines;
mod failures;
mod fixture;
mod generates;
mod graphs;
mod history_log;
mod imports;
mod interrupts;
mod kills;
mod lint;
mod locks;
mod oracle;
mod rebuilds;
mod refusals;
mod reports;
mod scripts;
mod squashes;
mod stepwise;
mod upgrades;

/// One test on each engine for each case, a function of a module that takes a `Fixture`.
macro_rules! on_both_engines {
    ($($module:ident::$case:ident,)+) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$module::$case(super::fixture::Fixture::sqlite().await).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$module::$case(super::fixture::Fixture::postgres().await).await;
                }
            )+
        }
    };
}

on_both_engines! {
    upgrades::from_nothing_to_head_and_again,
    upgrades::to_an_id_and_to_a_prefix,
    upgrades::the_table_is_alembics,
    upgrades::status_follows,
    upgrades::a_newer_release_was_here,
    upgrades::another_chains_database_is_refused,
    upgrades::a_database_without_a_log_is_another_chains,
    upgrades::sections_run_where_they_stand,
    upgrades::verify_holds,
    graphs::two_heads_are_named,
    graphs::branch_and_merge_rows,
    graphs::a_dependency_has_no_row,
    graphs::alembics_rows_are_understood,
    failures::nothing_of_a_failed_revision_stays,
    failures::a_failed_first_revision_leaves_no_table,
    failures::a_verify_that_does_not_hold,
    failures::a_commit_that_fails,
    refusals::what_is_not_run_is_refused_before_anything_is_touched,
    refusals::a_wrong_target,
    downgrades::step_by_step,
    downgrades::what_cannot_be_taken_back,
    downgrades::through_a_merge,
    downgrades::without_the_heads_file,
    interrupts::a_revision_is_rolled_back,
    interrupts::what_was_noted_stays,
    interrupts::a_way_back_is_rolled_back,
    interrupts::while_another_one_migrates,
    deployers::each_revision_once,
    deployers::patience_ends,
    reports::json_and_text,
    reports::check_looks_ahead,
    history_log::an_edited_file_stops_an_upgrade,
    history_log::what_this_chain_does_not_have_is_taken_back,
    history_log::the_log_stays_as_it_is,
    history_log::stamps,
    history_log::a_check_finds_what_is_wrong,
    stepwise::on_from_the_statement_that_failed,
    stepwise::what_ran_stays_in_the_file,
    stepwise::half_run_is_forgotten,
    stepwise::statements_stay_without_their_verify,
    stepwise::what_no_transaction_can_hold,
    stepwise::steps_go_on_after_their_last_batch,
    catalogs::what_the_runner_keeps_is_left_out,
    catalogs::it_can_be_kept,
    catalogs::two_ways_to_one_schema,
    oracle::the_same_as_alembic,
    oracle::takes_turns_with_alembic,
    scripts::they_do_what_a_run_does,
    scripts::branches_and_merges,
    scripts::a_verify_that_does_not_hold_stops_them,
    squashes::from_nothing_the_new_one_runs,
    squashes::from_the_last_nothing_runs_twice,
    squashes::from_the_middle_the_old_ones_run,
    squashes::in_the_middle_without_the_files,
    squashes::from_the_middle_the_log_has_the_way_back,
    squashes::replaced_ids_are_targets_as_far_as_they_can,
    squashes::twice_over,
    kills::killed_at_every_statement,
    kills::killed_again_and_again,
    kills::two_at_once,
    imports::made_up_is_taken_over_and_proved,
    generates::a_revision_is_drafted_from_a_target,
    generates::a_wrong_target_is_named_with_its_place,
    imports::an_outer_transaction,
    imports::downgrades_that_do_not_work,
    imports::each_convention_runs,
    imports::a_prefix_is_taken_over,
    imports::tables_of_known_runners,
    imports::what_is_no_prefix_is_shown,
    imports::a_table_that_is_named,
    imports::a_runner_that_failed,
    imports::a_table_that_is_about_something_else,
    imports::a_runner_that_marks_its_rows,
    imports::a_table_that_is_empty,
    imports::a_prefix_that_was_taken_over_before,
    imports::tables_of_known_runners_with_odd_rows,
    imports::a_prefix_taken_by_three_at_once,
    imports::a_table_that_is_held,
    imports::a_runner_that_sets_the_session,
    imports::each_convention_of_a_table_built_anew,
    imports::each_convention_of_diesel,
}
