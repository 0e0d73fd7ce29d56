//! What of MicroOVN microcluster calls: its paths, its bootstrap, its join, its leaving.

use std::collections::{BTreeMap, BTreeSet};

use super::{certificates, config, services};
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::fault::{Call, Service};
use crate::rehearsal::microcluster::{App, Cluster, Control, Errand, Identity, Path, State};

/// MicroOVN.
#[derive(Debug, Clone)]
pub(super) struct Ovn;

/// What its database keeps.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// What runs on each member.
    pub(super) services: BTreeMap<String, BTreeSet<&'static str>>,
    /// What each member encapsulates with.
    pub(super) encapsulation: BTreeMap<String, String>,
    /// The members whose start is over.
    pub(super) ready: BTreeSet<String>,
    /// Its configuration.
    pub(super) config: BTreeMap<String, String>,
}

impl Record {
    pub(super) fn runs(&self, member: &str, service: &str) -> bool {
        let its = self.services.get(member);
        its.is_some_and(|its| its.contains(service))
    }

    /// How many centrals there are.
    pub(super) fn centrals(&self) -> usize {
        let all = self.services.values();
        all.filter(|its| its.contains("central")).count()
    }
}

/// Most centrals that joins start by themselves.
const CENTRALS: usize = 3;

/// Milliseconds of a bootstrap after its member is listed: 2.5 s in all (measured).
const BOOTSTRAP: u64 = 2_300;

/// Milliseconds of the second member's join after its authorisation: 2.7 s in all (measured).
const JOIN_SECOND: u64 = 2_550;

/// Milliseconds of later members' joins after their authorisation: 4.5 s in all (measured).
const JOIN_LATER: u64 = 4_350;

/// Milliseconds until services that don't exist are found out, as recorded.
const NO_SERVICE: u64 = 89;

impl App for Ovn {
    type Node = ();
    type Cluster = Record;

    const IDENTITY: &'static Identity = &Identity {
        service: Service::MicroOvn,
        word: "microovn",
        version: "25.03",
        extensions: &[
            "internal:runtime_extension_v1",
            "internal:rename_core_endpoints",
            "custom_encapsulation_ip",
        ],
        schema: 3,
        tokens: &["core", "1.0", "tokens"],
        no_member: ("No remote exists with the given name ", ""),
        removal: 1_416,
        one_join: false,
    };

    fn path(path: &[&str], method: &str) -> Option<Path> {
        let (methods, call): (&'static [&'static str], Option<Call>) = match path {
            ["services"] => (&["GET"], Some(Call::Services)),
            ["service", _] => (&["PUT", "DELETE"], Some(Call::Service)),
            ["config"] if method == "GET" => (&["GET"], None),
            ["config"] => (&["POST", "DELETE"], Some(Call::Config)),
            ["ca"] => (&["GET", "PUT"], None),
            ["certificates"] | ["certificates", _] => (&["PUT"], None),
            ["env"] => (&["POST"], None),
            ["ovsdb", "schema", _, "active" | "expected"]
            | ["ovsdb", "schema", _, "expected", "all"] => (&["GET"], None),
            _ => return None,
        };
        Some(Path { methods, call })
    }

    fn precheck(_: &State<Self>, _: &str, _: &Control) -> Result<(), Refusal> {
        Ok(())
    }

    fn enrol(state: &mut State<Self>, host: &str, control: &Control) {
        let Ok(cluster) = state.cluster_mut(host) else {
            return;
        };
        let asked = services::asked(control).unwrap_or_default();
        let record = &mut cluster.app;
        let central = record.centrals() < CENTRALS && !record.config.contains_key(config::CENTRALS);
        let mut its = asked.unwrap_or_else(|| services::ALL.into_iter().collect());
        if !control.bootstrap && !central && services::is_automatic(control) {
            its.remove("central");
        }
        record.services.insert(control.name.clone(), its);
        let own = services::ip(&control.address);
        let encapsulation = control.key("ovn-encap-ip").map_or(own, str::to_owned);
        record
            .encapsulation
            .insert(control.name.clone(), encapsulation);
    }

    async fn start(errand: &Errand<Self>, control: &Control) -> Result<(), Refusal> {
        if let Err(why) = services::asked(control) {
            let after = if control.bootstrap {
                "bootstrap"
            } else {
                "join"
            };
            let text = format!("Failed to run post-{after} actions: {why}");
            return Err(Refusal::internal(text).after(NO_SERVICE));
        }
        let members = {
            let state = errand.site.state();
            state.cluster(&errand.host)?.1.members.len()
        };
        let took = match (control.bootstrap, members) {
            (true, _) => BOOTSTRAP,
            (false, 2) => JOIN_SECOND,
            (false, _) => JOIN_LATER,
        };
        // A caller that hung up one second into a bootstrap left an uninitialised daemon.
        errand.pass_while_asked(took).await?;
        let mut state = errand.site.state();
        let record = &mut state.cluster_mut(&errand.host)?.app;
        record.ready.insert(control.name.clone());
        Ok(())
    }

    fn may_leave(cluster: &Cluster<Self>, member: &str) -> Result<(), String> {
        if cluster.app.runs(member, "central") && cluster.app.centrals() == 1 {
            return Err(services::LAST_CENTRAL.to_owned());
        }
        Ok(())
    }

    fn leave(state: &mut State<Self>, _: &str, member: &str, cluster: u64) {
        if let Some(cluster) = state.by_id(cluster) {
            cluster.app.services.remove(member);
            cluster.app.encapsulation.remove(member);
            cluster.app.ready.remove(member);
        }
    }

    async fn answer(errand: &Errand<Self>) -> Result<Answer, Refusal> {
        let path = errand.path();
        match (errand.asked.method.as_str(), path.as_slice()) {
            (_, ["services"]) => services::list(errand),
            ("PUT", ["service", name]) => services::enable(errand, name).await,
            (_, ["service", name]) => services::disable(errand, name).await,
            ("GET", ["config"]) => config::get(errand),
            ("POST", ["config"]) => config::set(errand),
            (_, ["config"]) => config::unset(errand).await,
            ("GET", ["ca"]) => Ok(certificates::ca()),
            (_, ["ca"]) => certificates::new_ca(errand).await,
            (_, ["certificates"]) => certificates::reissue_all(errand),
            (_, ["certificates", name]) => certificates::reissue(errand, name),
            (_, ["ovsdb", "schema", database, which @ ..]) => {
                services::schema(errand, database, which == ["expected", "all"])
            }
            _ => Ok(services::environment(errand).await),
        }
    }
}
