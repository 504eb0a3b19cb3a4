use super::*;

#[test]
fn ten_thousand_sleep_together() {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..10_000).map(|_| spawn(|| sleep(ms(100)))).collect();
    assert_eq!(joinall(&tasks, None).len(), 10_000);
    // One after the other they would take 1,000 s.
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[test]
#[ignore = "heavy: half a gigabyte"]
fn a_hundred_thousand_sleep_together() {
    let tasks: Vec<_> = (0..100_000).map(|_| spawn(|| sleep(ms(1000)))).collect();
    sleep(ms(10));
    assert_eq!(joinall(&tasks, None).len(), 100_000);
}

#[test]
fn a_thread_has_a_hub_of_its_own_and_leaves_nothing_running() {
    let threads: Vec<_> = (0..4)
        .map(|n| {
            std::thread::spawn(move || {
                spawn(|| sleep(Duration::from_secs(1000)));
                spawn(move || n * 2).get(None).unwrap()
            })
        })
        .collect();
    let results: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(results, [0, 2, 4, 6]);
}

#[test]
fn a_variable_of_which_each_task_has_its_own() {
    static MINE: local::Local<Option<u8>> = local::Local::new(|| None);
    MINE.set(Some(1));
    let task = spawn(|| {
        let before = MINE.get();
        MINE.set(Some(2));
        sleep(NOW);
        (before, MINE.get())
    });
    assert_eq!(task.get(None).unwrap(), (None, Some(2)));
    assert_eq!(MINE.get(), Some(1));
}

#[test]
fn the_detector_names_who_keeps_the_thread() {
    let (send, reports) = std::sync::mpsc::channel();
    let detector = BlockingDetector::start(ms(20), move |report| drop(send.send(report)));
    let greedy = spawn(move || {
        let report = reports.recv().unwrap();
        (report.task.clone(), report.to_string())
    });
    let (task, text) = greedy.named("greedy").take(None).unwrap();
    assert_eq!(task, "greedy");
    assert!(text.starts_with("greedy has kept the thread for "), "{text}");
    drop(detector);
    sleep(ms(1));
}

#[test]
fn what_is_a_tasks_own_ends_with_it() {
    static NOTES: local::Local<RefCell<Option<Last>>> = local::Local::new(|| RefCell::new(None));

    let diary = Diary::default();
    let notes = diary.clone();
    let task = spawn(move || drop(NOTES.value().replace(Some(Last(notes, "dropped")))));
    task.join(None);
    diary.shows(&["dropped"]); // while the handle is still here
    assert!(NOTES.value().borrow().is_none());
}
