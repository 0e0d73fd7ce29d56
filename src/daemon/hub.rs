//! What the daemon tells its faces and agents: the newest picture, and the undertaking's events.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::engine::event::{PublicEvent, What};
use crate::engine::neighbours::Announcement;
use crate::engine::node::Cluster;
use crate::engine::picture::Picture;

/// The newest picture and cluster, and all events of the undertaking.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) picture: watch::Sender<Arc<Picture>>,
    pub(super) cluster: watch::Sender<Arc<Cluster>>,
    /// What discovery is to say; none before the daemon's loop has begun.
    pub(super) announcement: watch::Sender<Option<Announcement>>,
    log: Mutex<Log>,
    told: Mutex<(u64, u64)>,
    grown: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Log {
    undertaking: u64,
    /// When the undertaking began, by its first event.
    began: u64,
    /// How many events have gone.
    gone: usize,
    events: VecDeque<Arc<PublicEvent>>,
    /// The undertaking before, for those who have not heard its end yet.
    before: Option<Box<Self>>,
}

impl Log {
    /// What comes after `next` events of this undertaking.
    fn after(&self, next: usize) -> Option<News> {
        let first = next.max(self.gone);
        let known = first.saturating_sub(self.gone);
        let events: Vec<_> = self.events.iter().skip(known).cloned().collect();
        (!events.is_empty()).then_some(News {
            undertaking: self.undertaking,
            began: self.began,
            first,
            events,
        })
    }
}

/// How many events an undertaking keeps: the newest. Whoever comes later misses older ones.
const KEEP: usize = 20_000;

impl Hub {
    pub(super) fn new(picture: Picture) -> Self {
        Self {
            picture: watch::Sender::new(Arc::new(picture)),
            cluster: watch::Sender::new(Arc::new(Cluster::default())),
            announcement: watch::Sender::default(),
            log: Mutex::default(),
            told: Mutex::default(),
            grown: watch::Sender::new(()),
        }
    }

    /// Appends an event; `hello` begins a new undertaking, whose events are kept by themselves.
    pub(super) fn tell(&self, event: PublicEvent) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(event.what, What::Hello { .. }) {
            let mut before = std::mem::take(&mut *log);
            before.before = None;
            *log = Log {
                undertaking: before.undertaking.saturating_add(1),
                began: event.at,
                before: Some(Box::new(before)),
                ..Log::default()
            };
        }
        if log.events.len() == KEEP {
            log.events.pop_front();
            log.gone = log.gone.saturating_add(1);
        }
        log.events.push_back(Arc::new(event));
        self.grown.send_replace(());
    }

    /// The events that are kept of this undertaking, the oldest first.
    pub(super) fn events(&self) -> Vec<Arc<PublicEvent>> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.events.iter().cloned().collect()
    }

    /// Which undertaking is under way, or was the last.
    pub(super) fn undertaking(&self) -> u64 {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .undertaking
    }

    /// How many of the leader's events this agent holds, and when their undertaking began.
    pub(super) fn told_by_leader(&self) -> (u64, u64) {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        (told.1, told.0)
    }

    /// Whether the leader's event number `seq` of the undertaking that began at `began` is new
    /// here; if so it counts as held.
    pub(super) fn is_news(&self, began: u64, seq: u64) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.0 != began {
            *told = (began, 0);
        }
        let news = seq >= told.1;
        if news {
            told.1 = seq.saturating_add(1);
        }
        news
    }

    /// Follows the events, from the first of the undertaking that is under way.
    pub(super) fn follow(self: &Arc<Self>) -> Follower {
        Follower {
            grown: self.grown.subscribe(),
            cursor: Cursor {
                undertaking: self.undertaking(),
                next: 0,
            },
            hub: Arc::clone(self),
        }
    }

    fn after(&self, cursor: &mut Cursor) -> Option<News> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let before = log.before.as_deref();
        let before = before.filter(|before| before.undertaking == cursor.undertaking);
        let rest = before.and_then(|before| before.after(cursor.next));
        let news = rest.or_else(|| {
            let same = cursor.undertaking == log.undertaking;
            log.after(if same { cursor.next } else { 0 })
        })?;
        *cursor = Cursor {
            undertaking: news.undertaking,
            next: news.first.saturating_add(news.events.len()),
        };
        Some(news)
    }
}

/// A place in the events.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    undertaking: u64,
    next: usize,
}

/// Somebody who follows the events.
#[derive(Debug)]
pub(super) struct Follower {
    hub: Arc<Hub>,
    grown: watch::Receiver<()>,
    cursor: Cursor,
}

/// Events that came since, with where they stand.
pub(super) struct News {
    pub(super) undertaking: u64,
    /// When the undertaking began.
    pub(super) began: u64,
    /// The number of the first of them in the undertaking, from 0.
    pub(super) first: usize,
    pub(super) events: Vec<Arc<PublicEvent>>,
}

impl Follower {
    /// Events that were not given yet, where there are any now.
    pub(super) fn waiting(&mut self) -> Option<News> {
        self.hub.after(&mut self.cursor)
    }

    /// Waits for events that were not given yet. Dropping the future loses nothing; none when the
    /// daemon has ended.
    pub(super) async fn next(&mut self) -> Option<News> {
        loop {
            if let Some(news) = self.hub.after(&mut self.cursor) {
                return Some(news);
            }
            self.grown.changed().await.ok()?;
        }
    }
}
