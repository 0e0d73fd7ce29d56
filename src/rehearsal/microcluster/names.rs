//! Names and addresses as microcluster checks them, and where Go finds a text wrong.

use std::net::SocketAddr;

use crate::rehearsal::envelope::Refusal;

/// Refuses a name that is no FQDN; `whose` is how the name is called.
pub(super) fn check_name(whose: &str, name: &str) -> Result<(), Refusal> {
    let label = |label: &str| -> Option<&'static str> {
        if label.is_empty() || label.len() > 63 {
            Some("Name must be 1-63 characters long")
        } else if label.starts_with('-') {
            Some("Name must not start with \"-\" character")
        } else if label.ends_with('-') {
            Some("Name must not end with \"-\" character")
        } else if label
            .chars()
            .any(|c| !c.is_ascii_alphanumeric() && c != '-')
        {
            Some("Name can only contain alphanumeric and hyphen characters")
        } else {
            None
        }
    };
    let why = if name.is_empty() || name.len() > 255 {
        Some("Name must be 1-255 characters long")
    } else {
        name.split('.').find_map(label)
    };
    why.map_or(Ok(()), |why| {
        let text = format!("{whose} name \"{name}\" is not a valid FQDN: {why}");
        Err(Refusal::new(400, text))
    })
}

/// Refuses an address that is not an IP and a port. An empty one is found out later.
pub(super) fn check_address(address: &str) -> Result<(), Refusal> {
    if address.is_empty() || address.parse::<SocketAddr>().is_ok() {
        return Ok(());
    }
    let text = match address.rsplit_once(':') {
        None => "not an ip:port".to_owned(),
        Some((host, _)) if host.parse::<std::net::IpAddr>().is_ok() => "not an ip:port".to_owned(),
        Some((host, _)) => format!("ParseAddr(\"{host}\"): unable to parse IP"),
    };
    Err(Refusal::new(400, text))
}

/// The position at which Go finds `text` not to be base64; none where it is.
pub(in crate::rehearsal) fn position(text: &str) -> Option<usize> {
    let trimmed = text.trim_end_matches('=');
    let strange = |c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/');
    if let Some(at) = trimmed.find(strange) {
        return Some(at);
    }
    let rest = text.len() % 4;
    (rest != 0).then(|| text.len() - rest)
}

/// What Go says of a body that is no JSON object.
pub(super) fn not_json(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut letters = text.trim_start().chars();
    let first = letters.next();
    let second = letters.find(|c| !c.is_whitespace());
    match (first, second) {
        (None, _) => "EOF".to_owned(),
        (Some('{'), Some(letter)) if letter != '"' && letter != '}' => {
            format!("invalid character '{letter}' looking for beginning of object key string")
        }
        (Some('{' | '['), _) => "unexpected EOF".to_owned(),
        (Some(letter), _) => {
            format!("invalid character '{letter}' looking for beginning of value")
        }
    }
}
