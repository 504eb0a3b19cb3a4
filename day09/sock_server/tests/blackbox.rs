//! sock_server from outside: what `grade::text_server` knows of text servers, over TCP, in each of
//! the three ways of being concurrent.

use grade::Subject;

fn server(how: &str) -> Subject {
    Subject::new(env!("CARGO_BIN_EXE_sock_server")).replies("OK").always(how)
}

mod threading {
    grade::full_marks!("--threading");

    grade::text_server_tests! {
        crate::server("--threading");
        replies: echo_gives_back_the_bytes,
            five_megabytes_come_back_whole, a_slow_reader_delays_nobody;
        churn: fifty_resets_in_the_middle_of_a_send,
            out_of_descriptors_it_waits_and_recovers, three_hundred_connect_at_once,
            no_room_for_another_costs_that_client_only;
        model: a_thread_per_client;
        options: io_work_waits_before_each_answer, cpu_work_computes_before_each_answer,
            further_clients_wait_for_their_turn, an_idle_client_is_let_go,
            without_a_timeout_an_idle_client_stays, the_port_is_the_one_asked_for;
        stopping: without_clients_it_ends_at_once, an_idle_client_does_not_hold_up_sigint,
            an_idle_client_does_not_hold_up_sigterm, a_chunk_in_work_is_still_answered,
            a_transfer_is_finished, the_grace_time_ends, a_second_signal_ends_it_at_once,
            nobody_is_accepted_while_it_stops, ctrl_c_to_the_whole_group_is_one_stop,
            the_port_is_free_at_once;
        contract: the_ready_line_is_all_of_stdout, ipv6_has_brackets, help_and_version,
            a_usage_error_exits_2, a_port_in_use_is_one_clear_line,
            a_foreign_address_is_one_clear_line, the_log_tells_what_happened,
            the_readme_shows_what_is_printed, quiet_is_quiet, a_terminal_gets_a_hint;
    }
}

mod forking {
    grade::full_marks!("--forking");

    grade::text_server_tests! {
        crate::server("--forking");
        replies: echo_gives_back_the_bytes,
            five_megabytes_come_back_whole, a_slow_reader_delays_nobody;
        churn: fifty_resets_in_the_middle_of_a_send,
            out_of_descriptors_it_waits_and_recovers, three_hundred_connect_at_once,
            no_room_for_another_costs_that_client_only;
        model: a_child_per_client, one_thread_in_each_process, a_killed_child_costs_its_client_only,
            a_child_holds_its_own_client_only, children_die_with_the_parent;
        options: further_clients_wait_for_their_turn, an_idle_client_is_let_go;
        stopping: without_clients_it_ends_at_once, an_idle_client_does_not_hold_up_sigint,
            an_idle_client_does_not_hold_up_sigterm, a_chunk_in_work_is_still_answered,
            a_transfer_is_finished, the_grace_time_ends, a_second_signal_ends_it_at_once,
            nobody_is_accepted_while_it_stops, ctrl_c_to_the_whole_group_is_one_stop,
            the_port_is_free_at_once;
        contract: the_log_tells_what_happened;
    }
}

mod sequential {
    grade::text_server_tests! {
        crate::server("--sequential");
        replies: each_chunk_is_answered, a_half_closed_client_is_answered, the_second_client_waits_for_the_first, echo_gives_back_the_bytes,
            five_megabytes_come_back_whole;
        churn: two_hundred_clients_leave_nothing_behind, fifty_resets_in_the_middle_of_a_send,
            out_of_descriptors_it_waits_and_recovers, three_hundred_connect_at_once;
        model: one_thread_for_one_client;
        options: an_idle_client_is_let_go;
        stopping: without_clients_it_ends_at_once, an_idle_client_does_not_hold_up_sigint,
            an_idle_client_does_not_hold_up_sigterm, a_chunk_in_work_is_still_answered,
            a_transfer_is_finished, the_grace_time_ends, a_second_signal_ends_it_at_once,
            ctrl_c_to_the_whole_group_is_one_stop, the_port_is_free_at_once;
        contract: the_log_tells_what_happened;
    }
}

mod datagrams {
    grade::full_marks!("--udp");
}
