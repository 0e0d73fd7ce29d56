//! What daemons do for their engines: each effect is done, and comes back as a fact.

use std::hash::{DefaultHasher, Hash, Hasher};

use mcloud::engine::message::{Failure, Message};
use mcloud::engine::timing::Usual;
use mcloud::engine::trust::{Called, Knock, KnockState};
use mcloud::engine::{Effect, Entry, Fact, Member, Order, Recorded, Report, Seen, Verb};
use mcloud::wordlist::word;

use crate::house::{Call, Due, House, Open, failure};
use crate::machine::{address, facts, id, number_of};

/// The node called so, if it is the guest.
const GUEST: usize = 2;

pub(crate) fn perform(house: &mut House, who: usize, effect: Effect) {
    match effect {
        Effect::Open { .. } => open_cluster(house, who),
        Effect::OpenSession => open_session(house, who),
        Effect::CloseSession => close(house, who),
        Effect::Decide { joiner, refuse, .. } => decide(house, who, (&joiner, refuse)),
        Effect::Dismiss { node, why } => dismiss(house, (who, &node), &why),
        Effect::Abandon => abandon(house, who),
        Effect::Call(called) => call(house, who, &called),
        Effect::Answer(accepts) => answer(house, who, accepts),
        Effect::Forget => house.nodes[who].link = None,
        Effect::Gather => {
            let facts = Box::new(house.nodes[who].here.clone());
            house.fact(who, Fact::Facts { node: None, facts });
        }
        Effect::GatherAt(names) => gather_at(house, who, &names),
        Effect::KeepLink => set_link(house, who, true),
        Effect::LeaveLeader => leave_leader(house, who),
        Effect::Digest { revision, plan } => {
            let mut hasher = DefaultHasher::new();
            serde_json::to_string(&plan).unwrap().hash(&mut hasher);
            let digest = format!("{:016x}", hasher.finish());
            house.fact(who, Fact::Digested { revision, digest });
        }
        Effect::Journal { entry, .. } => record(house, who, &entry),
        Effect::Do(order) => house.orders.push((who, order)),
        Effect::Send { node, order } => send(house, (who, &node), order),
        Effect::CancelAll | Effect::UseToken { .. } | Effect::Settle => {}
        Effect::WriteReport => {
            let came = if house.full {
                Err(failure())
            } else {
                Ok("report.txt".to_owned())
            };
            house.fact(who, Fact::Reported(came));
        }
        Effect::Report(report) => tell(house, who, report),
        Effect::Emit(event) => {
            for worker in house.followers(who) {
                let told = Fact::Told(event.clone());
                house.due.push_back(Due::Fact(worker, told));
            }
            house.nodes[who].log.push(event);
        }
    }
}

fn open_cluster(house: &mut House, who: usize) {
    house.opened += 1;
    // Nodes that came in before an undertaking that is taken up again are in.
    let nodes = house.nodes.iter().enumerate();
    let joined = nodes.filter_map(|(number, node)| match node.link {
        Some((leader, up)) if leader == who => Some(Member {
            name: node.state.local.name.clone(),
            id: id(number),
            up,
        }),
        _ => None,
    });
    let opened = Fact::Opened {
        cluster: format!("c{}", house.opened),
        epoch: house.opened,
        joined: joined.collect(),
        touched: false,
        usual: Usual::default(),
    };
    house.fact(who, opened);
}

fn open_session(house: &mut House, who: usize) {
    house.opened += 1;
    let first = usize::try_from(house.opened).unwrap() * 4;
    let words = (first..first + 4).map(|index| word(index).unwrap());
    let words = words.collect::<Vec<_>>().join(" ");
    let id = format!("s{}", house.opened);
    house.nodes[who].open = Some(Open {
        id: id.clone(),
        words,
    });
    house.fact(who, Fact::SessionOpened(id));
}

/// The session of `who` is closed: whoever waits at it is told.
pub(crate) fn close(house: &mut House, who: usize) {
    house.nodes[who].open = None;
    for joiner in callers(house, who) {
        house.nodes[joiner].call = None;
        house.fact(joiner, Fact::TurnedAway(failure()));
    }
    house.guest.turned_away(who);
}

fn callers(house: &House, leader: usize) -> Vec<usize> {
    let nodes = house.nodes.iter().enumerate();
    let calls = nodes.filter(|(_, node)| node.call.as_ref().is_some_and(|call| call.to == leader));
    calls.map(|(number, _)| number).collect()
}

/// The joiner calls the node whose id it was told; the words must be those of its session.
fn call(house: &mut House, who: usize, called: &Called) {
    let to = (0..2).find(|number| id(*number) == called.peer);
    let open = to.and_then(|to| house.nodes[to].open.clone());
    let open = open.filter(|open| open.id == called.session);
    let (Some(to), Some(open)) = (to, open) else {
        let fact = Fact::NotConfirmed {
            failure: failure(),
            wrong_words: false,
        };
        return house.fact(who, fact);
    };
    if open.words != house.nodes[who].typed {
        let fact = Fact::NotConfirmed {
            failure: Failure::new(Message::new("session.unconfirmed")),
            wrong_words: true,
        };
        return house.fact(who, fact);
    }
    house.nodes[who].call = Some(Call {
        to,
        session: open.id,
        admitted: false,
        accepted: false,
    });
    house.opened += 1;
    let first = usize::try_from(house.opened).unwrap() * 4;
    let check: Vec<_> = (first..first + 4)
        .map(|index| word(index).unwrap().to_owned())
        .collect();
    let own = called.own.unwrap_or_else(|| address(who));
    house.fact(to, Fact::Knocked(knock(who, own, check.clone())));
    house.fact(who, Fact::Confirmed(check));
}

pub(crate) fn knock(number: usize, address: std::net::IpAddr, check: Vec<String>) -> Knock {
    Knock {
        id: id(number),
        name: crate::machine::NAMES[number].to_owned(),
        address,
        model: "Pi 5 8 GB".to_owned(),
        mcloud: "0.1.0".to_owned(),
        check,
        theirs: false,
        state: KnockState::Asking,
    }
}

fn decide(house: &mut House, who: usize, (joiner, refuse): (&str, Option<Message>)) {
    if joiner == id(GUEST) {
        return house.guest_is_decided(who, refuse.is_none());
    }
    let joiner = (0..2).find(|number| id(*number) == joiner);
    let Some(joiner) = joiner.filter(|joiner| callers(house, who).contains(joiner)) else {
        return;
    };
    match (refuse, house.nodes[joiner].call.as_mut()) {
        (Some(why), _) => {
            house.nodes[joiner].call = None;
            house.fact(joiner, Fact::TurnedAway(Failure::new(why)));
        }
        (None, Some(call)) => {
            call.admitted = true;
            certify(house, joiner);
        }
        (None, None) => {}
    }
}

fn answer(house: &mut House, who: usize, accepts: bool) {
    let Some(call) = house.nodes[who].call.as_mut() else {
        return;
    };
    let to = call.to;
    call.accepted = accepts;
    if !accepts {
        house.nodes[who].call = None;
    }
    house.fact(to, Fact::JoinerSaid(id(who), Some(accepts)));
    if accepts {
        certify(house, who);
    }
}

/// Both consoles said yes: the joiner gets its certificate.
fn certify(house: &mut House, joiner: usize) {
    let both = |call: &Call| call.admitted && call.accepted;
    let Some(call) = house.nodes[joiner].call.take_if(|call| both(call)) else {
        return;
    };
    let open = house.nodes[call.to].open.as_ref();
    assert_eq!(
        open.map(|open| &open.id),
        Some(&call.session),
        "a closed session lets nobody in"
    );
    let name = house.nodes[joiner].state.local.name.clone();
    let leader = &house.nodes[call.to].state.cluster;
    let cluster = leader.answers.as_ref().unwrap().cluster.clone();
    let node = name.clone();
    house.nodes[joiner].link = Some((call.to, false));
    let id = id(joiner);
    house.fact(
        call.to,
        Fact::Joined {
            node,
            id,
            session: true,
        },
    );
    house.fact(joiner, Fact::Certified { name, cluster });
}

/// The link of `who` to its leader comes up, or breaks.
pub(crate) fn set_link(house: &mut House, who: usize, up: bool) {
    let Some((leader, before)) = house.nodes[who].link else {
        return;
    };
    if before == up {
        return;
    }
    house.nodes[who].link = Some((leader, up));
    let name = house.nodes[who].state.local.name.clone();
    if !up {
        house.fact(leader, Fact::LinkDown(name));
        return house.fact(who, Fact::Link(false));
    }
    if !house.nodes[leader].state.cluster.nodes.contains_key(&name) {
        // It was put out while it was not there.
        house.nodes[who].link = None;
        return house.fact(who, Fact::JoinRefused(failure()));
    }
    house.fact(leader, Fact::LinkUp(name));
    house.fact(who, Fact::Link(true));
    let cluster = Box::new(house.nodes[leader].state.cluster.clone());
    house.due.push_back(Due::Copy(who, cluster));
}

fn leave_leader(house: &mut House, who: usize) {
    if let Some((leader, true)) = house.nodes[who].link {
        let name = house.nodes[who].state.local.name.clone();
        house.fact(leader, Fact::PeerLeft(name));
    }
}

fn dismiss(house: &mut House, (leader, node): (usize, &str), why: &Message) {
    match number_of(node) {
        Some(GUEST) => house.guest.turned_away(leader),
        Some(number) if house.nodes[number].link == Some((leader, true)) => {
            house.nodes[number].link = None;
            let failure = Failure::new(why.clone());
            house.fact(number, Fact::JoinRefused(failure));
        }
        _ => {}
    }
}

/// Everybody is told that there will be no cluster.
fn abandon(house: &mut House, who: usize) {
    close(house, who);
    let linked: Vec<_> = house.followers(who);
    for worker in linked {
        house.nodes[worker].link = None;
        house.fact(worker, Fact::JoinRefused(failure()));
    }
    house.guest.turned_away(who);
}

fn gather_at(house: &mut House, who: usize, names: &[String]) {
    for name in names {
        match number_of(name) {
            Some(GUEST) => {
                let facts = Box::new(facts(GUEST));
                let node = Some(name.clone());
                house.fact(who, Fact::Facts { node, facts });
            }
            Some(number) if house.nodes[number].link == Some((who, true)) => {
                house.due.push_back(Due::Effect(number, Effect::Gather));
            }
            _ => {}
        }
    }
}

fn record(house: &mut House, who: usize, entry: &Entry) {
    let recorded = match entry {
        Entry::Run { .. } => Recorded::Run,
        Entry::Start { step, attempt, .. } => Recorded::Step {
            step: step.clone(),
            attempt: *attempt,
        },
        _ => return,
    };
    let fact = if house.full {
        Fact::NotJournaled(recorded, failure())
    } else {
        Fact::Journaled(recorded)
    };
    house.fact(who, fact);
}

fn send(house: &mut House, (who, node): (usize, &str), order: Order) {
    match number_of(node) {
        Some(GUEST) => house.orders.push((who, order)),
        Some(number) if house.nodes[number].link == Some((who, true)) => {
            house.due.push_back(Due::Fact(number, Fact::Ordered(order)));
        }
        _ => {}
    }
}

/// A worker's report reaches its leader as a fact, where the link is up.
fn tell(house: &mut House, who: usize, report: Report) {
    let Some((leader, true)) = house.nodes[who].link else {
        return;
    };
    let node = house.nodes[who].state.local.name.clone();
    let fact = match report {
        Report::Facts(facts) => Fact::Facts {
            node: Some(node),
            facts,
        },
        Report::NotGathered(failure) => Fact::NotGathered(Some(node), failure),
        Report::Use {
            disk,
            purpose,
            encrypt,
        } => Fact::Chose {
            node,
            disk,
            purpose,
            encrypt,
        },
        Report::Uplink { nic, underlay } => Fact::ChoseUplink {
            node,
            nic,
            underlay,
        },
        Report::Come(newcomer) => Fact::Came(node, newcomer),
        Report::Observed(order, seen) => Fact::Observed(order, seen),
        Report::Progress(order, progress) => Fact::Progress(order, progress),
        Report::Ended(order, result) => Fact::Ended(order, result),
    };
    house.due.push_back(Due::Fact(leader, fact));
}

impl House {
    /// Carries out all orders that are given; says whether there were any.
    pub(crate) fn work(&mut self) -> bool {
        let orders = std::mem::take(&mut self.orders);
        let any = !orders.is_empty();
        for (who, order) in orders {
            let fails = self.failing.contains(&order.step);
            let fact = match order.verb {
                Verb::Observe => Fact::Observed(order, Ok(Seen::Missing("nothing".to_owned()))),
                Verb::Apply if fails => Fact::Ended(order, Err(failure())),
                Verb::Apply => Fact::Ended(order, Ok(Vec::new())),
            };
            self.fact(who, fact);
        }
        self.settle();
        any
    }
}
