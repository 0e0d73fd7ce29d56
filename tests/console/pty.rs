//! The console on a real terminal device: opened, read, drawn on, given back.

use std::io::{Read, Write};
use std::panic;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crossterm::event::KeyCode;
use mcloud::console::{Console, Environment, Event, Kind, Look, Options, Wish};
use portable_pty::{MasterPty, PtyPair, PtySize, native_pty_system};
use ratatui::layout::Size;
use ratatui::text::Text;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, Termios, tcgetattr};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use crate::support::emulate;

/// Signals and panics reach every console of the process.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A terminal of 80×24 whose other end is the test.
struct Window {
    pair: PtyPair,
    typist: Box<dyn Write + Send>,
    path: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Window {
    async fn new() -> Self {
        let alone = ALONE.lock().await;
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        Self {
            typist: pair.master.take_writer().unwrap(),
            path: pair.master.tty_name().unwrap(),
            pair,
            _alone: alone,
        }
    }

    fn open(&self) -> Console {
        Console::open(Options {
            look: Wish::Fixed(Look::Color),
            device: Some(self.path.clone()),
            environment: Environment::default(),
        })
        .unwrap()
    }

    fn termios(&self) -> Termios {
        tcgetattr(std::fs::File::open(&self.path).unwrap()).unwrap()
    }

    fn is_raw(&self) -> bool {
        let modes = self.termios().local_modes;
        !modes.intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }

    fn press(&mut self, bytes: &[u8]) {
        self.typist.write_all(bytes).unwrap();
        self.typist.flush().unwrap();
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        ..PtySize::default()
    }
}

/// What comes out of the terminal, read from now on.
fn watch(master: &dyn MasterPty) -> Receiver<Vec<u8>> {
    let mut reader = master.try_clone_reader().unwrap();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = vec![0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            if sender.send(bytes[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Reads until the screen is as wished.
fn until(
    output: &Receiver<Vec<u8>>,
    parser: &mut vt100::Parser,
    wish: impl Fn(&vt100::Screen) -> bool,
) {
    while !wish(parser.screen()) {
        let bytes = output.recv_timeout(Duration::from_secs(20));
        parser.process(&bytes.expect("the screen becomes as wished"));
    }
}

async fn next(console: &mut Console) -> Event {
    timeout(Duration::from_secs(20), console.next_event())
        .await
        .expect("something happens")
}

async fn next_code(console: &mut Console) -> KeyCode {
    match next(console).await {
        Event::Key(key) => key.code,
        other => panic!("a key was pressed, not {other:?}"),
    }
}

#[tokio::test]
async fn open_takes_the_terminal_and_close_gives_it_back() {
    let window = Window::new().await;
    let before = window.termios();
    let output = watch(&*window.pair.master);
    let mut parser = emulate(Size::new(80, 24), b"");
    parser.process(b"left over");
    let mut console = window.open();
    assert!(window.is_raw());
    assert_eq!((console.kind(), console.is_slow()), (Kind::Window, false));
    console
        .draw(|frame| frame.render_widget("hello", frame.area()))
        .unwrap();
    until(&output, &mut parser, |screen| {
        screen.contents().trim() == "hello"
    });
    assert!(parser.screen().alternate_screen() && parser.screen().hide_cursor());
    console.close().unwrap();
    until(&output, &mut parser, |screen| {
        !screen.alternate_screen() && !screen.hide_cursor()
    });
    assert_eq!(window.termios().local_modes, before.local_modes);
    assert_eq!(window.termios().input_modes, before.input_modes);
    assert_eq!(window.termios().output_modes, before.output_modes);
}

#[tokio::test]
async fn a_dropped_console_gives_the_terminal_back() {
    let window = Window::new().await;
    drop(window.open());
    assert!(!window.is_raw());
}

#[tokio::test]
async fn a_panic_gives_the_terminal_back_before_its_message_is_printed() {
    let window = Window::new().await;
    let mut console = window.open();
    assert!(window.is_raw());
    let panicked = thread::spawn(|| panic!("this panic is part of the test")).join();
    assert!(panicked.is_err());
    assert!(!window.is_raw());
    let drawn = console.draw(|frame| frame.render_widget("late", frame.area()));
    assert!(
        drawn.is_err(),
        "nothing is drawn on a terminal that was given back"
    );
}

#[tokio::test]
async fn what_is_no_terminal_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = Options {
        device: Some(file.path().to_path_buf()),
        ..Options::default()
    };
    let error = Console::open(options).unwrap_err();
    assert!(error.to_string().contains("is not a terminal"), "{error}");
}

#[tokio::test]
async fn keys_arrive_whole_though_their_bytes_were_torn() {
    let mut window = Window::new().await;
    let mut console = window.open();
    window.press(b"x");
    assert_eq!(next_code(&mut console).await, KeyCode::Char('x'));
    window.press(b"\x1b");
    window.press(b"[");
    window.press(b"A\x03");
    assert_eq!(next_code(&mut console).await, KeyCode::Up);
    assert_eq!(next_code(&mut console).await, KeyCode::Char('c'));
    window.press(b"\x1b");
    assert_eq!(next_code(&mut console).await, KeyCode::Esc);
}

#[tokio::test]
async fn an_event_that_nobody_waited_out_is_not_lost() {
    let mut window = Window::new().await;
    let mut console = window.open();
    window.press(b"\x1b");
    let mut rounds = 0;
    let event = loop {
        tokio::select! {
            biased;
            event = console.next_event() => break event,
            () = tokio::task::yield_now() => rounds += 1,
        }
    };
    assert!(rounds > 0);
    assert!(matches!(event, Event::Key(key) if key.code == KeyCode::Esc));
}

#[tokio::test]
async fn a_terminal_that_goes_is_a_hang_up() {
    let window = Window::new().await;
    let mut console = window.open();
    let Window { pair, typist, .. } = window;
    drop((pair, typist));
    assert_eq!(next(&mut console).await, Event::Hangup);
    let after = timeout(Duration::ZERO, console.next_event()).await;
    assert!(after.is_err(), "it hangs up once");
}

#[tokio::test]
async fn signals_are_events() {
    let window = Window::new().await;
    let mut console = window.open();
    for (signal, event) in [
        (Signal::TERM, Event::Terminate),
        (Signal::QUIT, Event::Terminate),
        (Signal::HUP, Event::Hangup),
        (Signal::INT, Event::Interrupt),
        (Signal::WINCH, Event::Resize),
        (Signal::CONT, Event::Resize),
    ] {
        kill_process(getpid(), signal).unwrap();
        assert_eq!(next(&mut console).await, event, "{signal:?}");
    }
    assert!(window.is_raw());
}

#[tokio::test]
async fn a_frame_is_as_large_as_the_terminal_is_now() {
    let window = Window::new().await;
    let mut console = window.open();
    let mut seen = vec![];
    for (columns, rows) in [(80, 24), (132, 40), (0, 0)] {
        window.pair.master.resize(size(columns, rows)).unwrap();
        console
            .draw(|frame| seen.push((frame.area().width, frame.area().height)))
            .unwrap();
    }
    assert_eq!(seen, [(80, 24), (132, 40), (80, 24)]);
}

#[tokio::test]
async fn frames_are_left_out_while_nobody_reads_and_drawn_when_somebody_does() {
    let window = Window::new().await;
    window.pair.master.resize(size(200, 100)).unwrap();
    let mut console = window.open();
    let mut drawn = 0;
    for letter in ('a'..='z').cycle().take(500) {
        let row = letter.to_string().repeat(200);
        let text = Text::raw(format!("{row}\n").repeat(100));
        console
            .draw(|frame| {
                drawn += 1;
                frame.render_widget(text, frame.area());
            })
            .unwrap();
    }
    assert!(drawn < 500, "the terminal takes no end of frames");
    let output = watch(&*window.pair.master);
    assert_eq!(next(&mut console).await, Event::Ready);
    console
        .draw(|frame| frame.render_widget("at last", frame.area()))
        .unwrap();
    let mut parser = emulate(Size::new(200, 100), b"");
    until(&output, &mut parser, |screen| {
        screen.contents().trim() == "at last"
    });
}

#[tokio::test]
async fn a_console_whose_reader_has_stalled_is_still_given_back() {
    let window = Window::new().await;
    window.pair.master.resize(size(200, 100)).unwrap();
    let mut console = window.open();
    for letter in ('a'..='z').cycle().take(100) {
        let text = Text::raw(format!("{}\n", letter.to_string().repeat(200)).repeat(100));
        console
            .draw(|frame| frame.render_widget(text, frame.area()))
            .unwrap();
    }
    console.close().unwrap();
    assert!(!window.is_raw());
}

#[tokio::test]
async fn another_look_is_drawn_over_the_whole_screen() {
    let window = Window::new().await;
    let output = watch(&*window.pair.master);
    let mut parser = emulate(Size::new(80, 24), b"");
    let mut console = window.open();
    let draw =
        |console: &mut Console| console.draw(|frame| frame.render_widget("├─▶ x", frame.area()));
    draw(&mut console).unwrap();
    until(&output, &mut parser, |screen| {
        screen.contents().trim() == "├─▶ x"
    });
    console.set_look(console.look().cycle().cycle()).unwrap();
    draw(&mut console).unwrap();
    until(&output, &mut parser, |screen| {
        screen.contents().trim() == "+-> x"
    });
    console.repaint().unwrap();
    draw(&mut console).unwrap();
    assert!(console.bytes() > 0, "a repaint draws what is there already");
}
