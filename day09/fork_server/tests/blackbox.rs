//! fork_server from outside: the spec of the homework, then what only our own promise, case by case.

grade::full_marks!();

grade::text_server_tests! {
    env!("CARGO_BIN_EXE_fork_server");
    replies: echo_gives_back_the_bytes,
        five_megabytes_come_back_whole, a_slow_reader_delays_nobody;
    churn: fifty_resets_in_the_middle_of_a_send,
        out_of_descriptors_it_waits_and_recovers, three_hundred_connect_at_once,
        clients_gone_before_they_are_accepted, no_room_for_another_costs_that_client_only;
    model: one_thread_in_each_process, a_killed_child_costs_its_client_only,
        a_child_holds_its_own_client_only, children_die_with_the_parent;
    options: io_work_waits_before_each_answer, cpu_work_computes_before_each_answer,
        further_clients_wait_for_their_turn, an_idle_client_is_let_go,
        without_a_timeout_an_idle_client_stays, the_port_is_the_one_asked_for;
    stopping: without_clients_it_ends_at_once, an_idle_client_does_not_hold_up_sigint,
        an_idle_client_does_not_hold_up_sigterm, a_chunk_in_work_is_still_answered,
        a_transfer_is_finished, the_grace_time_ends, a_second_signal_ends_it_at_once,
        nobody_is_accepted_while_it_stops, ctrl_c_to_the_whole_group_is_one_stop,
        the_port_is_free_at_once, nobody_in_the_backlog_is_lost, a_full_server_stops_too;
    contract: the_ready_line_is_all_of_stdout, ipv6_has_brackets, help_and_version,
        a_usage_error_exits_2, a_port_in_use_is_one_clear_line, a_foreign_address_is_one_clear_line,
        the_log_tells_what_happened, the_readme_shows_what_is_printed, quiet_is_quiet,
        a_terminal_gets_a_hint, a_reader_of_the_log_that_leaves_does_not_end_it;
}
