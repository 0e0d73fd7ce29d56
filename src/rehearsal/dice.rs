//! Chance that comes out the same for the same seed, whatever else happens meanwhile.

/// A stream of numbers: splitmix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The stream that belongs to `words` and `nth` under `seed`.
    pub(super) fn of(seed: u64, words: &[&str], nth: u64) -> Self {
        let mut dice = Self(seed ^ nth.rotate_left(32));
        for word in words {
            for byte in word.bytes().chain([0]) {
                dice.0 = dice.next() ^ u64::from(byte);
            }
        }
        dice
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// `count` bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < count {
            bytes.extend(self.next().to_be_bytes());
        }
        bytes.truncate(count);
        bytes
    }

    /// `value`, at most a fifth more or less.
    pub(super) fn jitter(&mut self, value: u64) -> u64 {
        let thousandths = 800 + self.next() % 401;
        value.saturating_mul(thousandths) / 1000
    }

    /// A UUID of version 4, as LXD 5 names operations.
    pub(super) fn uuid4(&mut self) -> String {
        uuid(&self.bytes(16), 4)
    }

    /// A UUID of version 7 (RFC 9562), as LXD 6 names operations.
    pub(super) fn uuid7(&mut self, now: u64) -> String {
        let mut bytes = now.to_be_bytes().get(2..).unwrap_or_default().to_vec();
        bytes.extend(self.bytes(10));
        uuid(&bytes, 7)
    }
}

fn uuid(bytes: &[u8], version: u8) -> String {
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match at {
            6 => (byte & 0x0f) | (version << 4),
            8 => (byte & 0x3f) | 0x80,
            _ => *byte,
        };
        text.push_str(&data_encoding::HEXLOWER.encode(&[byte]));
    }
    text
}
