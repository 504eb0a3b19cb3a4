//! The load: many clients of a text server that echoes, all driven by one thread.
//!
//! A [`Crowd`] connects, is greeted, and then talks in one of two ways. *Busy* is a closed loop: each
//! client sends its next message when it has the answer to the last. It shows what a server can do at
//! most; but who waits asks less often, so a slow answer hides the others that would have been slow
//! too (coordinated omission). Two rules keep that from looking better than it is: answers that have
//! not come when the time is up count as having taken that long, and every client counts the same
//! however few answers it got. *Calm* is an open loop: the times of sending are fixed beforehand,
//! nobody waits for an answer before sending, and an answer's time runs from when its message was due.

mod client;
mod dial;
mod tally;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::measure::Stopwatch;
use common::stop;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use client::Client;
pub use tally::{Latency, Tally};

/// The length of a message.
pub const MESSAGE: usize = 64;

/// The events of the timer, where those of a client have its number.
const TIMER: u64 = u64::MAX;

/// How the clients talk.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// Each as fast as it is answered.
    Busy,
    /// So many messages a second in all, the clients in turn.
    Calm(u32),
}

/// Why the clients cannot go on, in words for the report.
#[derive(Debug)]
pub struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Broken {
    fn new(what: impl fmt::Display, why: &io::Error) -> Broken {
        Broken(format!("{what}: {}", common::reason(why)))
    }
}

/// Clients that are connected.
#[derive(Debug)]
pub struct Crowd {
    clients: Vec<Client>,
    epoll: Epoll,
    events: Vec<EpollEvent>,
    since: Instant,
}

impl Crowd {
    /// Connects so many clients, one after another, and has each say something.
    ///
    /// # Errors
    ///
    /// One is refused, or no room for it is made in `patience`; all take twenty times as long; or the
    /// machine has no room for more.
    pub fn connect(server: SocketAddr, count: usize, patience: Duration) -> Result<Crowd, Broken> {
        let no_poll = |errno: nix::Error| Broken::new("cannot wait for events", &errno.into());
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(no_poll)?;
        let events = vec![EpollEvent::empty(); count.clamp(2, 1024)];
        let mut crowd =
            Crowd { clients: Vec::with_capacity(count), epoll, events, since: Instant::now() };
        for index in 0..count {
            if stop::requested() {
                return Err(Broken("stopped".to_owned()));
            }
            let place = |why: String| Broken(format!("at client {} of {count}: {why}", index + 1));
            if crowd.since.elapsed() > patience * 20 {
                return Err(place(format!("it took longer than {:?}", patience * 20)));
            }
            let stream = dial::dial(server, index, patience).map_err(place)?;
            let event = EpollEvent::new(EpollFlags::EPOLLIN, index as u64);
            crowd.epoll.add(&stream, event).map_err(no_poll)?;
            let mut client = Client::new(stream);
            client.send(Instant::now()).map_err(|e| place(Broken::new("cannot send", &e).0))?;
            crowd.clients.push(client);
        }
        Ok(crowd)
    }

    /// Waits until each has been answered, as long as one more is within each `patience`. Gives the
    /// time from the first connection to the last answer.
    ///
    /// # Errors
    ///
    /// The server closes a connection.
    pub fn greet(&mut self, patience: Duration) -> Result<Duration, Broken> {
        let mut last = Instant::now();
        let mut answered = self.answered();
        while answered < self.clients.len() && last.elapsed() < patience && !stop::requested() {
            self.step(last + patience, |_, _| Ok(()))?;
            let now = self.answered();
            if now > answered {
                (answered, last) = (now, Instant::now());
            }
        }
        Ok(last - self.since)
    }

    /// How many clients have been answered so far.
    pub fn answered(&self) -> usize {
        self.clients.iter().filter(|client| client.answered).count()
    }

    /// Talks for `least`, and on until each client has been answered, as long as one more is within
    /// each `patience`; three times that at most.
    ///
    /// # Errors
    ///
    /// As [`Crowd::talk`].
    pub fn warm_up(
        &mut self,
        pace: Pace,
        least: Duration,
        patience: Duration,
    ) -> Result<(), Broken> {
        let begin = Instant::now();
        let mut last = begin;
        let mut answered = 0;
        self.talk(pace, least)?;
        while self.answered() < self.clients.len() && !stop::requested() {
            if begin.elapsed() > patience * 3 {
                break;
            }
            let now = self.answered();
            if now > answered {
                (answered, last) = (now, Instant::now());
            } else if last.elapsed() >= patience {
                break;
            }
            self.talk(pace, least)?;
        }
        Ok(())
    }

    /// Talks for so long, and counts what comes back.
    ///
    /// # Errors
    ///
    /// The server closes a connection or takes no more bytes.
    pub fn talk(&mut self, pace: Pace, time: Duration) -> Result<Tally, Broken> {
        for client in &mut self.clients {
            client.took.clear();
        }
        let watch = Stopwatch::start();
        let begin = Instant::now();
        let end = begin + time;
        match pace {
            Pace::Busy => self.talk_busily(end)?,
            Pace::Calm(rate) => self.talk_calmly(begin, end, rate)?,
        }
        let took = watch.stop();
        Ok(Tally::of(&self.clients, pace, begin + took.wall, took))
    }

    fn talk_busily(&mut self, end: Instant) -> Result<(), Broken> {
        let begin = Instant::now();
        for client in self.clients.iter_mut().filter(|client| client.waiting() == 0) {
            client.send(begin).map_err(|error| Broken::new("cannot send", &error))?;
        }
        while Instant::now() < end && !stop::requested() {
            self.step(end, |client, now| client.send(now))?;
        }
        Ok(())
    }

    fn talk_calmly(&mut self, begin: Instant, end: Instant, rate: u32) -> Result<(), Broken> {
        let gap = Duration::from_secs(1) / rate;
        let timer = ticking(&self.epoll, gap)
            .map_err(|errno| Broken::new("cannot keep time", &errno.into()))?;
        let mut sent = 0;
        while Instant::now() < end && !stop::requested() {
            while begin + gap * sent <= Instant::now().min(end) {
                let turn = sent as usize % self.clients.len();
                // 从应当发送的时刻算起 / counted from when it was due, not from when it went out.
                let due = begin + gap * sent;
                self.clients[turn].send(due).map_err(|error| Broken::new("cannot send", &error))?;
                sent += 1;
            }
            self.step(end, |_, _| Ok(()))?;
            let _ = timer.wait();
        }
        let _ = self.epoll.delete(&timer);
        // 已经发出的，再等同样长的时间 / what is on its way may come as long again.
        let last = end + (end - begin);
        while self.clients.iter().any(|client| client.waiting() > 0)
            && Instant::now() < last
            && !stop::requested()
        {
            self.step(last, |_, _| Ok(()))?;
        }
        Ok(())
    }

    /// Waits for answers, until `end` at most; `answered` is called for each client that has one.
    fn step(
        &mut self,
        end: Instant,
        answered: impl Fn(&mut Client, Instant) -> io::Result<()>,
    ) -> Result<(), Broken> {
        let left = end.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000);
        let left = EpollTimeout::from(u8::try_from(left).unwrap_or(100).min(100));
        let count = match self.epoll.wait(&mut self.events, left) {
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR) => 0,
            Err(errno) => return Err(Broken::new("cannot wait for events", &errno.into())),
        };
        for event in self.events[..count].iter().filter(|event| event.data() != TIMER) {
            let index = event.data() as usize;
            let client = &mut self.clients[index];
            let heard = client.receive().and_then(|whole| match whole {
                Some(now) => answered(client, now),
                None => Ok(()),
            });
            heard.map_err(|error| Broken::new(format!("client {}", index + 1), &error))?;
        }
        Ok(())
    }
}

/// A timer that ends a wait each time a message is due.
fn ticking(epoll: &Epoll, gap: Duration) -> nix::Result<TimerFd> {
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK)?;
    let every = Expiration::Interval(TimeSpec::from_duration(gap));
    timer.set(every, TimerSetTimeFlags::empty())?;
    epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN, TIMER))?;
    Ok(timer)
}
