//! Every form in every situation, as it reads: one snapshot for each form.

use mcloud::forms::Step;
use rstest::rstest;

use super::plain::plain;
use super::situations::all;

#[rstest]
#[case("welcome", Step::Welcome)]
#[case("preflight", Step::Preflight)]
#[case("address", Step::Address)]
#[case("peers", Step::Peers)]
#[case("trust", Step::Trust)]
#[case("disks", Step::Disks)]
#[case("network", Step::Network)]
#[case("home", Step::Home)]
fn every_form_reads_well_in_every_situation(#[case] file: &str, #[case] step: Step) {
    let here = all().into_iter().filter(|(_, of, _)| *of == step);
    let read =
        here.map(|(name, _, stage)| format!("======== {name}\n\n{}", plain(&stage.form(step))));
    insta::assert_snapshot!(file, read.collect::<Vec<_>>().join("\n\n\n"));
}
