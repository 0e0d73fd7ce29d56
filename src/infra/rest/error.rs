//! How a call can fail, told apart as far as somebody can do something about it.

use std::path::PathBuf;

use thiserror::Error;

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RestError {
    /// There is no socket: the service is not installed, or was never started.
    #[error("{} does not exist: the service is not installed or was never started", .socket.display())]
    NoSocket {
        /// Where the socket should be.
        socket: PathBuf,
    },
    /// The socket is there and nobody listens: the service is stopped.
    #[error("nobody listens on {}: the service is stopped", .socket.display())]
    NobodyListens {
        /// Where the socket is.
        socket: PathBuf,
    },
    /// The socket may not be opened by this user.
    #[error("{} may not be opened: run mcloud as root", .socket.display())]
    NotPermitted {
        /// Where the socket is.
        socket: PathBuf,
    },
    /// A call that answers at once did not.
    #[error("no answer to {call} within {seconds} s")]
    NoAnswer {
        /// Method and path.
        call: String,
        /// How long was waited, in life's seconds.
        seconds: u64,
    },
    /// The connection ended before the answer was whole: what was asked may have happened or not.
    #[error("the connection ended during {call}: {reason}")]
    Lost {
        /// Method and path.
        call: String,
        /// What the system says.
        reason: String,
    },
    /// The answer is not one that this service gives.
    #[error("the answer is not understood: {reason}")]
    Broken {
        /// What is wrong with it.
        reason: String,
    },
    /// The service said no, at once or at the end of an operation.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The operation is not there any more, so its outcome is unknown: look at what it was to make.
    #[error("operation {id} is gone, its outcome is unknown")]
    OperationGone {
        /// The operation's id.
        id: String,
    },
    /// The operation runs and was not awaited any longer, as was asked for.
    #[error("LXD goes on with operation {id} ({what})")]
    Left {
        /// The operation's id.
        id: String,
        /// What it does, in the service's words.
        what: String,
    },
    /// The operation was cancelled.
    #[error("operation {id} was cancelled")]
    OperationCancelled {
        /// The operation's id.
        id: String,
    },
}

impl RestError {
    /// The service's no, if it said one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the service says that what was named does not exist (code 404).
    pub fn is_not_found(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == 404)
    }

    /// Whether no service could be reached at all, so nothing was asked.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::NoSocket { .. } | Self::NobodyListens { .. } | Self::NotPermitted { .. }
        )
    }
}

/// What a service said instead of yes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text} (code {code})")]
pub struct Refusal {
    /// The HTTP status; 200 where a failed operation was reported in the body alone.
    pub status: u16,
    /// The service's `error_code`, an HTTP status too; the HTTP status where it gave none.
    pub code: u16,
    /// The service's sentence, fit to be shown.
    pub text: String,
}
