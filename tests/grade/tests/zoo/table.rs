//! Who is in the zoo, and what each is worth.

/// One program.
pub(crate) struct Animal {
    pub(crate) file: &'static str,
    pub(crate) exercise: &'static str,
    /// Of 100.
    pub(crate) score: u64,
    /// The checks that it fails, in the order of the spec.
    pub(crate) loses: &'static [&'static str],
    /// How many checks are not looked at because of them.
    pub(crate) skipped: usize,
    /// What Python must have.
    pub(crate) modules: &'static [&'static str],
}

const fn animal(
    file: &'static str,
    exercise: &'static str,
    score: u64,
    loses: &'static [&'static str],
    skipped: usize,
) -> Animal {
    Animal { file, exercise, score, loses, skipped, modules: &[] }
}

pub(crate) const WRONG: &[Animal] = &[
    animal(
        "sends_nothing.py",
        "tcp_client",
        20,
        &["sends", "prints-answer", "each-line", "chinese", "server-gone"],
        0,
    ),
    animal(
        "answers_sequentially.py",
        "thread_server",
        60,
        &["reverse-order", "idle-client", "slow-reader", "model-threads"],
        0,
    ),
    animal("ignores_sigint.py", "thread_server", 95, &["ctrl-c"], 0),
    animal("leaks_descriptors.py", "thread_server", 95, &["nothing-left"], 0),
    animal(
        "leaves_zombies.py",
        "fork_server",
        86,
        &["model-children", "no-zombies", "nothing-left"],
        0,
    ),
    animal("cuts_uploads.py", "ftp_server", 92, &["upload"], 0),
    animal("never_binds.py", "thread_server", 0, &["starts"], 14),
    animal("exits_at_once.sh", "thread_server", 0, &["starts"], 14),
    animal("runs_into_the_background.py", "thread_server", 0, &["starts"], 14),
    animal("prints_a_verdict.sh", "thread_server", 0, &["starts"], 14),
    animal("wrong_reply.py", "thread_server", 90, &["reply"], 0),
    animal("answers_once.rs", "thread_server", 70, &["reply", "slow-reader", "model-threads"], 0),
    animal("wants_text.rs", "thread_server", 95, &["binary"], 0),
    animal("keeps_its_port.py", "thread_server", 95, &["restart"], 0),
    animal("dies_of_a_reset.py", "select_server", 95, &["resets"], 0),
    animal("threads_for_coroutines.py", "gevent_server", 85, &["model-one-thread"], 0),
    animal("one_thread_for_threads.py", "thread_server", 85, &["model-threads"], 0),
    animal("loses_bytes.py", "http_server_select", 95, &["large-page"], 0),
    animal("forks_without_end.py", "fork_server", 5, &["answers"], 14),
    animal("eats_memory.py", "fork_server", 5, &["answers"], 14),
    animal("floods_its_output.py", "thread_server", 95, &["bounds"], 0),
    animal("floods_and_never_ends.sh", "greenlet_test", 0, &["starts"], 3),
    animal("threads_for_greenlets.py", "greenlet_test", 80, &["model-one-thread"], 0),
    animal("prints_only.sh", "thread_basics", 80, &["model-threads"], 0),
    animal("one_after_the_other.py", "gevent_test", 40, &["both-start", "order"], 0),
];

/// Python with modules beside those that come with it.
const fn with(modules: &'static [&'static str], animal: Animal) -> Animal {
    Animal { modules, ..animal }
}

pub(crate) const COURSE: &[Animal] = &[
    animal("ftp_server.py", "ftp_server", 95, &["traversal"], 0),
    animal(
        "http_server.py",
        "http_server",
        75,
        &["head", "traversal", "in-pieces", "bad-request", "keep-alive"],
        0,
    ),
    animal(
        "http_server_select.py",
        "http_server_select",
        70,
        &["head", "traversal", "in-pieces", "bad-request", "keep-alive", "slow-reader"],
        0,
    ),
    with(&["gevent"], animal("gevent_test.py", "gevent_test", 100, &[], 0)),
    with(&["gevent"], animal("gevent_server.py", "gevent_server", 95, &["binary"], 0)),
    with(&["greenlet"], animal("greenlet_test.py", "greenlet_test", 100, &[], 0)),
    animal("thread_server.py", "thread_server", 95, &["binary"], 0),
    animal("fork_server.py", "fork_server", 95, &["binary"], 0),
    animal("select_server.py", "select_server", 95, &["resets"], 0),
    animal("loop_server.py", "loop_server", 95, &["resets"], 0),
    animal("sock_server.py", "sock_server", 95, &["binary"], 0),
    animal("udp_client.py", "udp_client", 90, &["lost-answer"], 0),
    animal("tcp_client.py", "tcp_client", 100, &[], 0),
    animal("ftp_client.py", "ftp_client", 100, &[], 0),
    animal("coroutine_yield.py", "coroutine_yield", 100, &[], 0),
    animal("thread_event.py", "thread_event", 100, &[], 0),
];
