//! The service over a real socket. Each case runs on both engines, as `sqlite::…` and `postgres::…`.

#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

mod access;
mod answers;
mod client;
mod fixture;
mod house;
mod keys;
mod limits;
mod migrate;
mod openapi;
mod operator;
mod port;
mod refusals;
mod rotate;
mod sessions;
mod setup;

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
    answers::are_the_same_on_both_engines,
    sessions::from_sign_up_to_log_out,
    sessions::a_new_token_ends_the_old_one,
    sessions::whether_a_customer_exists_is_not_told,
    sessions::a_session_ends_unused_and_by_age,
    sessions::use_is_noted_once_a_minute,
    sessions::pages_hold_each_session_once,
    sessions::others_sessions_are_not_there,
    sessions::a_token_that_is_none,
    sessions::one_token_gets_one_new_token,
    keys::a_repeated_request_has_the_same_answer,
    keys::a_key_belongs_to_one_request,
    keys::twenty_at_once_have_one_effect,
    keys::a_failed_request_leaves_no_key,
    keys::a_key_is_forgotten_after_a_day,
    limits::two_services_count_together,
    limits::an_email_address_has_its_own,
    limits::two_services_agree_on_what_ended,
    setup::the_link_works_once,
    setup::two_at_once_make_one_member,
    setup::a_link_expires,
    setup::the_page_alone_uses_nothing_up,
    refusals::every_refusal_is_a_problem,
    refusals::fields_that_are_wrong_are_named,
    refusals::no_body_makes_the_service_fail,
    refusals::a_request_id_comes_back,
    refusals::a_client_that_does_not_read_is_cut,
}
