//! Which tasks snapd makes of a wish, in its order and its words.

use super::changes::{Draft, Effect, Wish};
use super::state::Connection;
use super::store::{self, Release};

fn task(
    snap: &str,
    kind: &'static str,
    summary: String,
    (took, effect): (u64, Effect),
) -> (Draft, Effect) {
    let snap = snap.to_owned();
    let draft = Draft {
        snap,
        kind,
        summary,
        took,
    };
    (draft, effect)
}

/// The tasks until a snap is in its place. The milliseconds are estimates for a Pi 5: mounting and
/// security profiles were measured at 0.5 s on a fast machine, with a snap of 3 MB.
fn fetch(release: &Release) -> Vec<(Draft, Effect)> {
    let (snap, revision, channel) = (release.snap, release.revision, release.channel);
    let nothing = |took| (took, Effect::Nothing);
    vec![
        task(
            snap,
            "prerequisites",
            format!("Ensure prerequisites for \"{snap}\" are available"),
            (80, Effect::Prerequisites(*release)),
        ),
        task(
            snap,
            "download-snap",
            format!("Download snap \"{snap}\" ({revision}) from channel \"{channel}\""),
            (0, Effect::Download),
        ),
        task(
            snap,
            "validate-snap",
            format!("Fetch and check assertions for snap \"{snap}\" ({revision})"),
            nothing(700),
        ),
        task(
            snap,
            "mount-snap",
            format!("Mount snap \"{snap}\" ({revision})"),
            nothing(900),
        ),
    ]
}

/// The tasks that put a snap in its place and start it.
fn place(release: &Release) -> Vec<(Draft, Effect)> {
    let (snap, revision) = (release.snap, release.revision);
    let nothing = |took| (took, Effect::Nothing);
    vec![
        task(
            snap,
            "copy-snap-data",
            format!("Copy snap \"{snap}\" data"),
            nothing(60),
        ),
        task(
            snap,
            "setup-profiles",
            format!("Setup snap \"{snap}\" ({revision}) security profiles"),
            nothing(if release.kind == "app" { 2_400 } else { 300 }),
        ),
        task(
            snap,
            "link-snap",
            format!("Make snap \"{snap}\" ({revision}) available to the system"),
            (250, Effect::Link(*release)),
        ),
        task(
            snap,
            "auto-connect",
            format!("Automatically connect eligible plugs and slots of snap \"{snap}\""),
            (120, Effect::AutoConnect),
        ),
        task(
            snap,
            "set-auto-aliases",
            format!("Set automatic aliases for snap \"{snap}\""),
            nothing(20),
        ),
        task(
            snap,
            "setup-aliases",
            format!("Setup snap \"{snap}\" aliases"),
            nothing(10),
        ),
    ]
}

/// The tasks with which a snap of services begins to live.
fn begin(release: &Release, first: bool) -> Vec<(Draft, Effect)> {
    let (snap, revision) = (release.snap, release.revision);
    let hook = |name: &str| format!("Run {name} hook of \"{snap}\" snap if present");
    let nothing = |took| (took, Effect::Nothing);
    let mut tasks = Vec::new();
    if first {
        let install = (1_500, Effect::InstallHook);
        tasks.push(task(snap, "run-hook", hook("install"), install));
        let configure = hook("default-configure");
        tasks.push(task(snap, "run-hook", configure, nothing(20)));
    } else {
        tasks.push(task(snap, "run-hook", hook("post-refresh"), nothing(400)));
    }
    let start = format!("Start snap \"{snap}\" ({revision}) services");
    tasks.push(task(
        snap,
        "start-snap-services",
        start,
        (1_200, Effect::Start),
    ));
    tasks.push(task(snap, "run-hook", hook("configure"), nothing(600)));
    let health = format!("Run health check of \"{snap}\" snap");
    tasks.push(task(snap, "run-hook", health, nothing(40)));
    tasks
}

/// The tasks of installing a snap, alone or as another's base.
pub(super) fn of_install(release: &Release) -> Vec<(Draft, Effect)> {
    let mut tasks = fetch(release);
    tasks.extend(place(release));
    if release.kind == "app" {
        tasks.extend(begin(release, true));
    }
    tasks
}

pub(super) fn install(release: &Release) -> Wish {
    let Release { snap, channel, .. } = release;
    Wish {
        kind: "install-snap",
        summary: format!("Install \"{snap}\" snap from \"{channel}\" channel"),
        snaps: vec![(*snap).to_owned()],
        tasks: of_install(release),
    }
}

pub(super) fn refresh(release: &Release) -> Wish {
    let Release { snap, channel, .. } = release;
    let stop = format!("Stop snap \"{snap}\" services");
    let unlink = format!("Make current revision for snap \"{snap}\" unavailable");
    let mut tasks = fetch(release);
    tasks.push(task(snap, "stop-snap-services", stop, (900, Effect::Stop)));
    tasks.push(task(
        snap,
        "unlink-current-snap",
        unlink,
        (80, Effect::Nothing),
    ));
    tasks.extend(place(release));
    tasks.extend(begin(release, false));
    Wish {
        kind: "refresh-snap",
        summary: format!("Refresh \"{snap}\" snap from \"{channel}\" channel"),
        snaps: vec![(*snap).to_owned()],
        tasks,
    }
}

/// A change of one task.
fn single(
    snap: &str,
    kind: &'static str,
    what: (&'static str, String, u64),
    effect: Effect,
) -> Wish {
    let (of, summary, took) = what;
    Wish {
        kind,
        summary: summary.clone(),
        snaps: vec![snap.to_owned()],
        tasks: vec![task(snap, of, summary, (took, effect))],
    }
}

/// The channel changes and the revision stays.
pub(super) fn switch(release: &Release) -> Wish {
    let Release { snap, channel, .. } = release;
    let summary = format!("Switch snap \"{snap}\" to channel \"{channel}\"");
    let effect = Effect::Link(*release);
    single(snap, "refresh-snap", ("switch-snap", summary, 30), effect)
}

pub(super) fn enable(snap: &str) -> Wish {
    let summary = format!("Enable \"{snap}\" snap");
    let mut wish = single(
        snap,
        "enable-snap",
        ("link-snap", summary, 400),
        Effect::Enable,
    );
    let start = format!("Start snap \"{snap}\" services");
    wish.tasks.push(task(
        snap,
        "start-snap-services",
        start,
        (1_200, Effect::Start),
    ));
    wish
}

pub(super) fn disable(snap: &str) -> Wish {
    let summary = format!("Disable \"{snap}\" snap");
    let what = ("unlink-snap", summary, 600);
    single(snap, "disable-snap", what, Effect::Disable)
}

pub(super) fn remove(snap: &str) -> Wish {
    let summary = format!("Remove \"{snap}\" snap");
    let what = ("discard-snap", summary, 1_900);
    single(snap, "remove-snap", what, Effect::Remove)
}

/// Holding is done at once: the change has no tasks.
pub(super) fn hold(snaps: &[String]) -> Wish {
    let names: Vec<String> = snaps.iter().map(|snap| format!("\"{snap}\"")).collect();
    Wish {
        kind: "hold-snap",
        summary: format!("Hold general refreshes for {}", names.join(", ")),
        snaps: snaps.to_vec(),
        tasks: Vec::new(),
    }
}

pub(super) fn restart(services: &[String]) -> Wish {
    let snap_of = |service: &String| service.split('.').next().unwrap_or_default().to_owned();
    let tasks = services.iter().map(|service| {
        let summary = format!("Run service command \"restart\" for services [\"{service}\"]");
        let snap = snap_of(service);
        task(&snap, "service-control", summary, (1_400, Effect::Restart))
    });
    Wish {
        kind: "service-control",
        summary: format!("Restart service \"{}\"", services.join("\", \"")),
        snaps: services.iter().map(snap_of).collect(),
        tasks: tasks.collect(),
    }
}

/// Connecting; what is connected already is done at once.
pub(super) fn connect(connection: &Connection, made: bool) -> Wish {
    let (plug, slot) = (&connection.plug, &connection.slot);
    let summary = format!("Connect {}:{} to {}:{}", plug.0, plug.1, slot.0, slot.1);
    let mut wish = single(
        &plug.0,
        "connect-snap",
        ("connect", summary, 350),
        Effect::Connect(connection.clone()),
    );
    if store::services(&slot.0).is_empty() {
        // The system is no snap that another change would have to wait for.
        wish.snaps = vec![plug.0.clone()];
    } else {
        wish.snaps = vec![plug.0.clone(), slot.0.clone()];
    }
    if made {
        wish.tasks.clear();
    }
    wish
}

pub(super) fn disconnect(connection: &Connection) -> Wish {
    let (plug, slot) = (&connection.plug, &connection.slot);
    let summary = format!(
        "Disconnect {}:{} from {}:{}",
        plug.0, plug.1, slot.0, slot.1
    );
    let snap = plug.0.clone();
    let what = ("disconnect", summary, 300);
    single(
        &snap,
        "disconnect-snap",
        what,
        Effect::Disconnect(connection.clone()),
    )
}
