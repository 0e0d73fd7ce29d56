//! A small service on a real unix socket that says what a test tells it to.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use mcloud::infra::lxd::client::Lxd;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// A service that answers its connections one after the other, from a list, and notes what it was
/// asked.
pub(crate) struct Service {
    _dir: TempDir,
    socket: PathBuf,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Service {
    pub(crate) fn answering(answers: impl IntoIterator<Item = String>) -> Self {
        let dir = TempDir::new().expect("a directory");
        let socket = dir.path().join("unix.socket");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut answers: VecDeque<String> = answers.into_iter().collect();
        let notes = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Some(answer) = answers.pop_front() {
                let (mut stream, _) = listener.accept().await.expect("a caller");
                let request = request(&mut stream).await;
                notes.lock().expect("no test panicked here").push(request);
                stream
                    .write_all(answer.as_bytes())
                    .await
                    .expect("the caller still listens");
            }
        });
        Self {
            _dir: dir,
            socket,
            asked,
        }
    }

    pub(crate) fn socket(&self) -> &std::path::Path {
        &self.socket
    }

    pub(crate) fn lxd(&self) -> Lxd {
        Lxd::new(self.socket.clone())
    }

    /// `METHOD path` of every request, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no test panicked here");
        asked.iter().map(|(call, _)| call.clone()).collect()
    }

    pub(crate) fn body(&self, nth: usize) -> Value {
        self.asked.lock().expect("no test panicked here")[nth]
            .1
            .clone()
    }
}

async fn request(stream: &mut UnixStream) -> (String, Value) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).await.expect("a request line");
    let call = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).await.expect("a header");
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.expect("a body");
    (call, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

pub(crate) fn http(status: u16, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
