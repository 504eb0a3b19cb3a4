//! gevent_server --http from outside: what every HTTP server here promises.

#[allow(dead_code, reason = "the cases that are left out below")]
#[path = "../../../common/httpcore/tests/http_server/mod.rs"]
mod http_server;

use http_server::Program;

const PROGRAM: Program = Program {
    path: env!("CARGO_BIN_EXE_gevent_server"),
    always: &["--http"],
    root: |folder| vec!["--http".into(), folder.into()],
};

// All cases but those of the contract that concern the options, which are gevent_server's own.
http_server::tests! { @each PROGRAM;
    requests: raw_cases, a_body_of_any_size_is_counted, pipelined_requests_take_bounded_memory,
        clients_are_answered_in_any_order, the_bundled_site_has_one_of_each_class,
        the_log_has_a_line_for_each_answer, a_change_is_seen_within_a_second,
        a_large_file_arrives_whole;
    hostile: slow_clients_cost_nobody_else_anything, a_thousand_idle_clients_delay_nobody,
        a_head_without_end_is_cut_off, resets_leave_nothing_behind;
    stopping: idle_clients_do_not_hold_it_up, a_download_is_finished, the_grace_time_ends,
        a_second_signal_ends_it_at_once, the_port_is_free_at_once;
    contract: the_ready_line_is_all_of_stdout, a_usage_error_exits_2, quiet_is_quiet,
        ipv6_has_brackets;
}

#[test]
fn the_options_of_http() {
    let run = |args: &[&str]| grade::run(PROGRAM.path, args);
    let help = run(&["--help"]).stdout;
    for part in ["--http", "8000", "--no-listing", "--max-body", "--workers"] {
        assert!(help.contains(part), "--help has no {part}: {help}");
    }
    let output = run(&["--port", "0", "--http", "/no/such/folder"]);
    let line = "error: cannot open /no/such/folder: No such file or directory\n";
    assert_eq!((output.stderr.as_str(), output.code()), (line, 1), "{output:?}");
    for args in [&["--http", "--echo"][..], &["--no-listing"], &["--workers", "0"]] {
        assert_eq!(run(args).code(), 2, "{args:?}");
    }
}
