//! The console on a real terminal device: opened, read, drawn on, given back.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::thread;
use std::time::Duration;

use crossterm::event::KeyCode;
use mcloud::console::{Console, Environment, Event, Kind, Look, Options, Wish};
use ratatui::layout::Size;
use ratatui::text::Text;
use rustix::fs::OFlags;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{OptionalActions, tcsetattr};
use tokio::time::timeout;

use crate::support::emulate;
use crate::window::{Window, next, next_code, size, until, watch};

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
    let mut event = None;
    let came = async || {
        tokio::select! {
            biased;
            came = console.next_event() => event = Some(came),
            () = tokio::task::yield_now() => rounds += 1,
        }
        event.is_some()
    };
    crate::patience::until("the key", came).await;
    assert!(rounds > 0);
    assert!(matches!(event, Some(Event::Key(key)) if key.code == KeyCode::Esc));
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
    console.close().unwrap();
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
    let console = window.open();
    // Not a byte more has room.
    let mut other = OpenOptions::new()
        .write(true)
        .custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).unwrap())
        .open(&window.path)
        .unwrap();
    let full = loop {
        if let Err(error) = other.write(b"x") {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
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

#[tokio::test]
async fn a_slow_line_gets_a_frame_only_when_the_last_one_is_through() {
    let window = Window::new().await;
    let mut speed = window.termios();
    speed.set_speed(9_600).unwrap();
    let tty = std::fs::File::open(&window.path).unwrap();
    tcsetattr(tty, OptionalActions::Now, &speed).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let serial = dir.path().join("ttyS0");
    symlink(&window.path, &serial).unwrap();
    let mut console = Console::open(Options {
        look: Wish::Auto,
        device: Some(serial),
        environment: Environment::of_process(),
    })
    .unwrap();
    assert_eq!((console.kind(), console.is_slow()), (Kind::Serial, true));
    assert_eq!(console.look(), Look::Ascii);
    let mut drawn = vec![];
    for frame_number in 1..=3 {
        console
            .draw(|frame| {
                drawn.push(frame_number);
                let text = Text::raw("a line of text\n".repeat(usize::from(frame.area().height)));
                frame.render_widget(text, frame.area());
            })
            .unwrap();
    }
    assert_eq!(next(&mut console).await, Event::Ready);
    console.draw(|_| drawn.push(4)).unwrap();
    assert_eq!(drawn, [1, 4]);
}
