//! The network as it would be with what is typed, and what is wrong with it, while it is typed.

use std::net::IpAddr;
use std::str::FromStr;

use super::super::parts::{fill, note};
use super::super::{Known, Note, Tone};
use crate::engine::answers::{AddressRange, GuestNetwork, NetworkKind, UplinkKind};
use crate::engine::message::plain;
use crate::engine::preflight::{Mistake, NodeNics, Setting, Verdict, network_mistakes};
use crate::text::sentence;

/// One thing that is typed.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) setting: Setting,
    /// The code of its name.
    pub(super) label: &'static str,
    /// The code of what it means.
    pub(super) about: &'static str,
    /// The code of what is said where it cannot be read.
    wrong: &'static str,
}

const VLAN: Asked = Asked {
    setting: Setting::Vlan,
    label: "network.vlan",
    about: "network.vlan-about",
    wrong: "network.vlan-wrong",
};
const GATEWAY4: Asked = Asked {
    setting: Setting::Gateway4,
    label: "network.gateway4",
    about: "network.gateway4-about",
    wrong: "network.gateway4-wrong",
};
const RANGE4: Asked = Asked {
    setting: Setting::Range4,
    label: "network.range4",
    about: "network.range4-about",
    wrong: "network.range4-wrong",
};
const GATEWAY6: Asked = Asked {
    setting: Setting::Gateway6,
    label: "network.gateway6",
    about: "network.gateway6-about",
    wrong: "network.gateway6-wrong",
};
const DNS: Asked = Asked {
    setting: Setting::Dns,
    label: "network.dns",
    about: "network.dns-about",
    wrong: "network.dns-wrong",
};
const GUESTS4: Asked = Asked {
    setting: Setting::Guests4,
    label: "network.guests4",
    about: "network.guests4-about",
    wrong: "network.guests4-wrong",
};
const GUESTS6: Asked = Asked {
    setting: Setting::Guests6,
    label: "network.guests6",
    about: "network.guests6-about",
    wrong: "network.guests6-wrong",
};

/// What is asked about a network, from top to bottom.
pub(super) const fn asked(network: &GuestNetwork) -> &'static [Asked] {
    match (network.kind, network.uplink) {
        (NetworkKind::Ovn, UplinkKind::Nic) => {
            &[VLAN, GATEWAY4, RANGE4, GATEWAY6, DNS, GUESTS4, GUESTS6]
        }
        (NetworkKind::Ovn, UplinkKind::Bridge) => &[GATEWAY4, RANGE4, GUESTS4, GUESTS6],
        (NetworkKind::Bridge, _) => &[GUESTS4],
        (NetworkKind::None | NetworkKind::Fan, _) => &[],
    }
}

/// The network with what is typed in it.
pub(super) struct Draft<'a> {
    known: Known<'a>,
    pub(super) network: GuestNetwork,
    /// What was typed and cannot be read.
    unread: Vec<(Setting, String)>,
    mistakes: Vec<Mistake>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(known: Known<'a>) -> Self {
        let wizard = &known.picture.wizard;
        let mut draft = Self {
            known,
            network: wizard.network.network.clone(),
            unread: Vec::new(),
            mistakes: Vec::new(),
        };
        for asked in asked(&wizard.network.network) {
            let Some(text) = known.typed.0.get(&draft.id(*asked)) else {
                continue;
            };
            if put(&mut draft.network, asked.setting, text.trim()).is_err() {
                let says = fill(asked.wrong, &[("text", &plain(text))]);
                draft.unread.push((asked.setting, says));
            }
        }
        let nodes: Vec<NodeNics> = wizard.networks.iter().map(|node| node.nics()).collect();
        let storage = &wizard.ceph.storage;
        let ceph = super::super::disks::has_ceph(known) && !storage.reuse;
        draft.mistakes = network_mistakes(&draft.network, ceph.then_some(storage), &nodes);
        draft
    }

    /// The id of a field: what is typed for one way does not get into another.
    pub(super) fn id(&self, asked: Asked) -> String {
        let way = match (self.network.kind, self.network.uplink) {
            (NetworkKind::Ovn, UplinkKind::Nic) => "nic",
            (NetworkKind::Ovn, UplinkKind::Bridge) => "bridge",
            _ => "plain",
        };
        format!("{}:{way}", asked.label)
    }

    /// What stands in a field.
    pub(super) fn text(&self, asked: Asked) -> String {
        let typed = self.known.typed.0.get(&self.id(asked));
        typed.map_or_else(|| shown(&self.network, asked.setting), Clone::clone)
    }

    /// What is wrong or doubtful about an answer.
    pub(super) fn about(&self, setting: Setting, node: Option<&str>) -> Vec<Note> {
        let unread = self.unread.iter().filter(|(at, _)| *at == setting);
        let mut notes: Vec<_> = unread
            .map(|(_, says)| note(Tone::Bad, says.clone()))
            .collect();
        if !notes.is_empty() {
            return notes;
        }
        for mistake in self.of(setting, node) {
            let tone = match mistake.verdict {
                Verdict::Blocking => Tone::Bad,
                _ => Tone::Warning,
            };
            notes.push(note(tone, sentence(&mistake.says)));
            notes.push(note(Tone::Plain, sentence(&mistake.fix)));
        }
        notes
    }

    fn of(&self, setting: Setting, node: Option<&str>) -> impl Iterator<Item = &Mistake> {
        let node = node.map(str::to_owned);
        let mistakes = self.mistakes.iter();
        mistakes.filter(move |it| {
            it.setting == setting && (node.is_none() || it.node.is_none() || it.node == node)
        })
    }

    /// How grave what is wrong with an answer is, as the tone of its row.
    pub(super) fn tone(&self, setting: Setting, node: Option<&str>) -> Tone {
        let mut all = self.of(setting, node).map(|mistake| mistake.verdict);
        match all.by_ref().max() {
            Some(Verdict::Blocking) => Tone::Bad,
            Some(Verdict::Warning) => Tone::Warning,
            _ => Tone::Plain,
        }
    }

    /// The field or row where the first thing is wrong that can be mended on this form.
    pub(super) fn first(&self, leads: bool) -> Option<String> {
        let wrong = |asked: &&Asked| {
            let unread = self.unread.iter().any(|(at, _)| *at == asked.setting);
            unread || self.tone(asked.setting, None) == Tone::Bad
        };
        let field = asked(&self.network).iter().find(wrong).filter(|_| leads);
        let me = &self.known.picture.me;
        let nic = |mistake: &&Mistake| {
            let here = leads || mistake.node.as_ref() == Some(me);
            here && mistake.setting == Setting::Uplink && mistake.verdict == Verdict::Blocking
        };
        let nic = self.mistakes.iter().find(nic);
        let nic = nic.and_then(|mistake| mistake.node.as_ref());
        let field = field.map(|asked| self.id(*asked));
        field.or_else(|| nic.map(|node| format!("node:{node}")))
    }

    /// Whether nothing is wrong; else the first thing that is.
    pub(super) fn is_right(&self) -> Result<(), String> {
        if let Some((_, says)) = self.unread.first() {
            return Err(says.clone());
        }
        let view = &self.known.picture.wizard.network;
        let mut lacks = view.no_ovn.iter();
        if let (NetworkKind::Ovn, Some((_, refusal))) = (self.network.kind, lacks.next()) {
            return Err(sentence(&refusal.why));
        }
        let mut wrong = self.mistakes.iter();
        match wrong.find(|it| it.verdict == Verdict::Blocking) {
            Some(mistake) => Err(sentence(&mistake.says)),
            None => Ok(()),
        }
    }
}

/// An answer as it is typed; empty where there is none.
fn shown(network: &GuestNetwork, setting: Setting) -> String {
    fn of<T: ToString>(value: Option<T>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    match setting {
        Setting::Vlan => of(network.vlan),
        Setting::Gateway4 => of(network.gateway4),
        Setting::Range4 => of(network.range4),
        Setting::Gateway6 => of(network.gateway6),
        Setting::Guests4 => of(network.guests4),
        Setting::Guests6 => of(network.guests6),
        Setting::Dns => {
            let servers = network.dns.iter().map(ToString::to_string);
            servers.collect::<Vec<_>>().join(",")
        }
        _ => String::new(),
    }
}

/// What was typed cannot be read.
struct Unread;

/// Puts what was typed in its place. Nothing and `-` take an answer away.
fn put(network: &mut GuestNetwork, setting: Setting, text: &str) -> Result<(), Unread> {
    match setting {
        Setting::Vlan => network.vlan = read(text, one)?,
        Setting::Gateway4 => network.gateway4 = read(text, one)?,
        Setting::Gateway6 => network.gateway6 = read(text, one)?,
        Setting::Guests4 => network.guests4 = read(text, one)?,
        Setting::Guests6 => network.guests6 = read(text, one)?,
        Setting::Range4 => network.range4 = read(text, range)?,
        Setting::Dns => network.dns = read(text, servers)?.unwrap_or_default(),
        _ => {}
    }
    Ok(())
}

fn read<T>(text: &str, of: fn(&str) -> Option<T>) -> Result<Option<T>, Unread> {
    if text.is_empty() || text == "-" {
        return Ok(None);
    }
    of(text).map(Some).ok_or(Unread)
}

fn one<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// `192.168.1.1,9.9.9.9`, with blanks or commas between.
fn servers(text: &str) -> Option<Vec<IpAddr>> {
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    parts.map(one).collect()
}

/// `10.0.0.200-10.0.0.250`, blanks around the hyphen or not.
fn range(text: &str) -> Option<AddressRange> {
    let (first, last) = text.split_once('-')?;
    Some(AddressRange {
        first: one(first.trim())?,
        last: one(last.trim())?,
    })
}
