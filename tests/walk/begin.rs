//! Where random walks begin: on Welcome, or with some of the way behind.

use mcloud::engine::answers::Purpose;
use mcloud::engine::wizard::Part;
use mcloud::engine::{Event, Intent};

use crate::house::House;
use crate::machine::{NAMES, address, id};

impl House {
    fn wish(&mut self, who: usize, intent: Intent) {
        if matches!(intent, Intent::Install { .. }) {
            self.nodes[who].installs = true;
        }
        self.event(who, Event::Intent(intent));
        self.settle();
    }

    /// The check words of the one who asks the first initiator.
    pub(crate) fn check_of(&self, id: &str) -> Vec<String> {
        let session = self.nodes[0].state.cluster.session.iter();
        let mut knocks = session.flat_map(|session| &session.knocks);
        let knock = knocks.find(|knock| knock.id == id);
        knock.map(|knock| knock.check.clone()).unwrap_or_default()
    }

    /// So far along: a session is open, a joiner knocks, it is in, Review is reached, Install.
    pub(crate) fn along(&mut self, far: usize) {
        let part = |part| Intent::Part { part };
        let own = |who| Intent::Address {
            address: address(who),
        };
        let cluster = "attic".to_owned();
        let knock = vec![part(Part::Joiner), own(1), Intent::Knock { id: id(0) }];
        let open = vec![part(Part::Initiator), own(0), Intent::Found { cluster }];
        let trust = Intent::Trust { accept: true };
        let give = |number: usize| Intent::Use {
            node: NAMES[number].to_owned(),
            disk: format!("/dev/disk/by-id/ata-{}-B", NAMES[number]),
            purpose: Some(Purpose::Local),
            encrypt: false,
        };
        let steps = [
            (0, open),
            (1, knock),
            (1, vec![Intent::Call]),
            (
                0,
                vec![Intent::Admit {
                    id: id(1),
                    check: Vec::new(),
                }],
            ),
            (1, vec![trust, give(1)]),
            (0, vec![give(0), Intent::Review]),
        ];
        for (who, intents) in steps.into_iter().take(far) {
            let words = self.nodes[0].open.as_ref().map(|open| open.words.clone());
            self.nodes[1].typed = words.unwrap_or_default();
            for mut intent in intents {
                if let Intent::Admit { id, check } = &mut intent {
                    *check = self.check_of(id);
                }
                self.wish(who, intent);
            }
        }
        let digest = self.nodes[0].state.cluster.digest.clone();
        if let Some(digest) = digest.filter(|_| far > 6) {
            let erase = 2;
            self.wish(0, Intent::Install { digest, erase });
        }
    }
}
