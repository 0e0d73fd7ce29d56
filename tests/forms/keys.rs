//! How many keys the shortest honest way takes, at the level of forms.

use mcloud::engine::answers::{Answers, Purpose};
use mcloud::engine::neighbours::Standing;
use mcloud::engine::node::Stage as Phase;
use mcloud::engine::trust::{JoiningState, KnockState};
use mcloud::engine::{Effect, Fact};
use mcloud::forms::way::natural;
use mcloud::forms::{Field, Form, Part, Row, Step, Wish};

use super::stage::{Stage, WORDS, attic, knock, peer};

/// A console: the operator goes nowhere, and presses Enter, F10 or letters.
struct Console {
    stage: Stage,
    /// Where it went, and where the picture stood then.
    gone: Option<(Step, Step)>,
    keys: usize,
}

impl Console {
    fn new(stage: Stage) -> Self {
        Self {
            stage,
            gone: None,
            keys: 0,
        }
    }

    fn step(&self) -> Option<Step> {
        let stands = natural(&self.stage.picture())?;
        let gone = self.gone.filter(|(_, from)| *from == stands);
        Some(gone.map_or(stands, |(to, _)| to))
    }

    fn form(&self) -> Form {
        self.stage.form(self.step().expect("a form is shown"))
    }

    fn on(&self, step: Step) -> &Self {
        assert_eq!(self.step(), Some(step), "after {} keys", self.keys);
        self
    }

    fn enter(&mut self) {
        let form = self.form();
        let wish = wish(&form, &form.first);
        self.grant(wish.unwrap_or_else(|| panic!("Enter does nothing on {}", form.first)));
    }

    /// F10.
    fn go_on(&mut self) {
        let form = self.form();
        let last = form.buttons.last().expect("a form has buttons");
        let wish = last.wish.clone();
        self.grant(wish.unwrap_or_else(|| panic!("{} cannot be pressed", last.id)));
    }

    fn grant(&mut self, wish: Wish) {
        self.keys += 1;
        let stands = natural(&self.stage.picture()).expect("a form is shown");
        if let Some(to) = self.stage.grant(wish) {
            self.gone = Some((to, stands));
        }
    }

    /// Each word completes at its third letter.
    fn type_words(&mut self) {
        let form = self.form();
        assert_eq!(form.first, "words");
        self.stage
            .typed
            .0
            .insert("words".to_owned(), WORDS.to_owned());
        self.keys += 3 * WORDS.split(' ').count();
    }
}

fn wish(form: &Form, id: &str) -> Option<Wish> {
    let of_row = |row: &Row| row.press.as_ref().map(|deed| deed.wish.clone());
    let of_field = |field: &Field| field.press.as_ref().map(|deed| deed.wish.clone());
    for part in &form.parts {
        match part {
            Part::Table { rows, .. } => {
                if let Some(row) = rows.iter().find(|row| row.id == id) {
                    return of_row(row);
                }
            }
            Part::Field(field) if field.id == id => return of_field(field),
            _ => {}
        }
    }
    let button = form.buttons.iter().find(|button| button.id == id)?;
    button.wish.clone()
}

#[test]
fn a_joiner_needs_fifteen_keys_until_it_is_trusted() {
    let mut console = Console::new(Stage::open(1).hears(vec![attic(0)]));
    console.on(Step::Welcome);
    console.enter();
    console.on(Step::Trust);
    console.type_words();
    console.enter();
    let called = |effect: &Effect| matches!(effect, Effect::Call(_));
    assert!(console.stage.asked.iter().any(called));
    let check = ["maple", "tundra", "fox", "ember"];
    console
        .stage
        .fact(Fact::Confirmed(check.map(str::to_owned).to_vec()));
    console.on(Step::Trust);
    console.enter();
    let joining = console.stage.state.local.joining.as_ref().unwrap();
    assert_eq!(joining.state, JoiningState::Waiting);
    assert!(console.stage.asked.contains(&Effect::Answer(true)));
    // One more closes Done: Disks needs none.
    assert_eq!(console.keys, 15);
}

#[test]
fn an_initiator_of_three_nodes_needs_nine_keys_until_review() {
    let mut console = Console::new(Stage::open(0));
    console.on(Step::Welcome).form();
    console.enter();
    console.on(Step::Address);
    console.enter();
    console.on(Step::Peers);
    let heard = vec![peer(1, Standing::Joining), peer(2, Standing::Joining)];
    console.stage = console.stage.clone().hears(heard);
    console.go_on();
    for number in [1, 2] {
        console.on(Step::Trust);
        console.stage.fact(Fact::Knocked(knock(number)));
        console.enter();
        let session = console.stage.state.cluster.session.as_ref().unwrap();
        let last = session.knocks.last().unwrap();
        assert_eq!(last.state, KnockState::Accepted);
        console.stage.come_in(number);
    }
    console.go_on();
    console.on(Step::Disks);
    console.enter();
    let answers = console.stage.state.cluster.answers.as_ref().unwrap();
    assert!(answers.nodes.iter().all(|node| node.disks.len() == 1));
    console.go_on();
    console.on(Step::Network);
    console.go_on();
    assert_eq!(console.step(), None);
    assert_eq!(console.stage.state.cluster.stage, Phase::Gathering);
    // One more begins Install and one closes Done.
    assert_eq!(console.keys, 9);
}

/// Ceph on three disks and OVN, with everything that is missing installed: the keys of the screens
/// before Review, one for Install and one for Done.
#[test]
fn ceph_on_three_disks_and_ovn_cost_the_initiator_no_key_more() {
    let mut console = Console::new(Stage::open_on(0, |here| *here = super::stage::served(0)));
    console.on(Step::Welcome);
    console.enter();
    console.on(Step::Address);
    console.enter();
    console.on(Step::Peers);
    let heard = vec![peer(1, Standing::Joining), peer(2, Standing::Joining)];
    console.stage = console.stage.clone().hears(heard);
    console.go_on();
    for number in [1, 2] {
        console.on(Step::Trust);
        console.stage.fact(Fact::Knocked(knock(number)));
        console.enter();
        console
            .stage
            .come_in_as(number, super::stage::served(number));
    }
    console.go_on();
    console.on(Step::Disks);
    console.enter();
    let answers = || console.stage.state.cluster.answers.clone().unwrap();
    let ceph = |answers: &Answers| {
        let nodes = answers.nodes.iter();
        nodes
            .filter(|node| node.disks_for(Purpose::Ceph).count() == 1)
            .count()
    };
    assert_eq!(ceph(&answers()), 3);
    console.go_on();
    console.on(Step::Network);
    console.go_on();
    let answers = console.stage.state.cluster.answers.clone().unwrap();
    assert!(answers.has_ceph() && answers.has_ovn());
    assert_eq!(console.stage.state.cluster.stage, Phase::Gathering);
    let keys = console.keys + 2;
    insta::assert_snapshot!(format!(
        "Ceph on three disks and OVN: {keys} keys of at most 25"
    ));
    assert!(keys <= 25);
}

#[test]
fn a_node_alone_becomes_a_cluster_with_the_same_keys() {
    let mut console = Console::new(Stage::open(0));
    console.enter();
    console.enter();
    for step in [Step::Peers, Step::Trust, Step::Disks, Step::Network] {
        console.on(step);
        console.go_on();
    }
    assert_eq!(console.stage.state.cluster.stage, Phase::Review);
    assert_eq!(console.keys, 6);
}

#[test]
fn warnings_cost_one_key_each_and_one_to_go_on() {
    let mut console = Console::new(super::situations::odd());
    console.enter();
    console.on(Step::Preflight);
    let warnings = console.stage.picture().wizard.checks;
    let warnings = warnings
        .iter()
        .filter(|check| check.verdict == mcloud::engine::preflight::Verdict::Warning)
        .count();
    assert!(warnings > 0);
    for _ in 0..=warnings {
        console.enter();
    }
    console.on(Step::Address);
    assert_eq!(console.keys, warnings + 2);
}
