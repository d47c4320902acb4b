//! One conformance suite over SQLite, Postgres, and Postgres behind PgBouncer.
//!
//! A test is a function of a [`backend::Backend`]; the list below makes one test of it for each
//! backend, named `sqlite::…`, `postgres::…` and `pgbouncer::…`. Modules that are not in the list
//! hold what one engine alone has, or what compares two.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backend;
mod bindings;
mod cancellation;
mod child;
mod copies;
mod deadlines;
mod dialect;
mod errors;
mod files;
mod flights;
mod functions;
mod guard;
mod lexing;
mod listens;
mod multiplexing;
mod parameters;
mod pipelining;
mod pools;
mod prepared;
mod rotating;
mod rows;
mod scopes;
mod snapshots;
mod streams;
mod tls;
mod transactions;
mod types;

macro_rules! conformance {
    ($($module:ident: $($test:ident)*;)*) => {
        conformance!(@backend sqlite Sqlite $($module: $($test)*;)*);
        conformance!(@backend postgres Postgres $($module: $($test)*;)*);
        conformance!(@backend pgbouncer PgBouncer $($module: $($test)*;)*);
    };
    (@backend $backend:ident $kind:ident $($module:ident: $($test:ident)*;)*) => {
        mod $backend {
            $(mod $module {
                $(#[test]
                fn $test() {
                    crate::backend::run(crate::backend::Kind::$kind, crate::$module::$test);
                })*
            })*
        }
    };
}

conformance! {
    parameters:
        wrong_ones_are_named_with_the_call_site
        one_name_used_twice_is_one_value
        raw_identifiers_lose_their_prefix
        control_statements_are_refused_everywhere
        a_nul_is_refused_before_anything_is_sent
        definitions_write_no_rows;
    rows:
        by_name_and_by_place
        narrow_integers_must_fit
        a_struct_reads_its_columns
        one_row_is_one_row
        affected_rows_are_counted;
    transactions:
        ok_commits_and_err_rolls_back
        an_empty_transaction_is_fine
        a_panic_rolls_back
        a_swallowed_failure_does_not_commit
        a_dropped_statement_does_not_commit
        an_ended_transaction_takes_nothing_more
        a_handle_that_outlives_a_dropped_closure_is_rolled_back
        a_statement_still_running_is_not_committed
        a_lost_race_is_run_again
        a_deadlock_is_run_again
        runs_are_bounded
        a_savepoint_confines_a_failure
        a_failed_outer_savepoint_takes_the_inner_back
        a_dropped_savepoint_does_not_commit
        a_read_only_transaction_writes_nothing
        a_read_only_transaction_sees_one_snapshot
        many_sets_of_parameters_are_one_step
        deferred_constraints_fail_the_commit
        the_database_inside_its_own_transaction;
    streams:
        a_million_rows_take_constant_memory
        while_it_flows_nothing_else_runs
        a_failure_on_the_way_fails_the_transaction
        what_is_left_unread_is_stopped;
    copies:
        what_goes_in_comes_out
        a_bad_row_fails_the_transaction
        one_that_cannot_begin_gives_its_connection_up
        an_unfinished_copy_does_not_commit
        copy_is_no_query_and_a_query_no_copy;
    deadlines:
        a_transaction_past_its_deadline_is_stopped
        a_statement_past_its_deadline_is_stopped
        a_dropped_query_is_stopped
        waiting_for_a_lock_ends_too;
    scopes:
        a_scope_is_set_inside_and_gone_afterwards
        a_scope_is_gone_after_failure_and_cancellation
        a_savepoint_brings_a_setting_back
        tasks_side_by_side_see_their_own;
    listens:
        what_is_committed_wakes
        a_rolled_back_savepoint_says_nothing
        another_process_wakes
        an_interrupted_listener_says_so_and_goes_on
        a_channel_needs_a_name;
    pools:
        waiting_too_long_names_the_holders
        a_cancel_hits_nobody_else;
    errors:
        unique
        unique_over_several_columns_and_expressions
        foreign_key
        not_null
        check
        syntax
        types
        permission
        busy
        a_closed_database
        a_lost_connection
        a_wrong_login_or_place;
    cancellation:
        a_read
        a_scoped_read
        a_write
        a_scoped_write
        a_transaction
        a_read_only_transaction
        savepoints
        a_stream
        many_sets
        copying
        a_failing_commit
        waiting_in_line
        listening;
}
