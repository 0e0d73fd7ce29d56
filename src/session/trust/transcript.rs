//! What both sides must have seen alike, and what they prove it with.

use ring::{hkdf, hmac};
use secrecy::zeroize::Zeroizing;

use super::{Channel, SessionId};
use crate::session::identity::NodeId;
use crate::session::pake::{Side, sha256};
use crate::wordlist;

/// First in every hash, so that no other protocol makes the same one.
const LABEL: &[u8] = b"mcloud-session/1 transcript";

/// How many words both screens show.
pub(super) const CHECK_WORDS: usize = 4;

/// Everything that was said before the confirmations.
pub(super) struct Transcript<'a> {
    pub(super) exporter: &'a [u8; 32],
    pub(super) session: &'a SessionId,
    pub(super) initiator: &'a NodeId,
    pub(super) joiner: &'a NodeId,
    /// The joiner's message of the key exchange.
    pub(super) asked: &'a [u8],
    /// The initiator's.
    pub(super) answered: &'a [u8],
    /// What the initiator's number hashes to.
    pub(super) sealed: &'a [u8; 32],
}

impl<'a> Transcript<'a> {
    /// The transcript as `side` of a channel knows it; `said` is the joiner's message, then the
    /// initiator's.
    pub(super) fn of(
        (side, channel): (Side, &'a Channel),
        session: &'a SessionId,
        [asked, answered]: [&'a [u8]; 2],
        sealed: &'a [u8; 32],
    ) -> Self {
        let (initiator, joiner) = channel.nodes(side);
        Self {
            exporter: &channel.exporter,
            session,
            initiator,
            joiner,
            asked,
            answered,
            sealed,
        }
    }

    /// SHA-256 of the label, the exporter, and each part behind its length (4 bytes, big endian).
    pub(super) fn hash(&self) -> [u8; 32] {
        let parts: [&[u8]; 6] = [
            self.session.as_str().as_bytes(),
            self.initiator.as_str().as_bytes(),
            self.joiner.as_str().as_bytes(),
            self.asked,
            self.answered,
            self.sealed,
        ];
        let mut all = [LABEL, self.exporter].concat();
        for part in parts {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            all.extend_from_slice(&length.to_be_bytes());
            all.extend_from_slice(part);
        }
        sha256(&all)
    }
}

/// The confirmation keys of one exchange.
pub(super) struct Confirmation {
    hash: [u8; 32],
    sealed: [u8; 32],
    initiator: hmac::Key,
    joiner: hmac::Key,
}

impl Confirmation {
    /// From the exchange's key: HKDF-SHA256 with the exporter as salt, one key for each role.
    pub(super) fn new(transcript: &Transcript<'_>, key: &Zeroizing<Vec<u8>>) -> Self {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, transcript.exporter);
        let secret = salt.extract(key);
        let for_role = |role: &[u8]| {
            let info = [b"mcloud-session/1 confirms ".as_slice(), role];
            let okm = secret
                .expand(&info, hmac::HMAC_SHA256)
                .expect("HKDF gives 32 bytes for any label");
            hmac::Key::from(okm)
        };
        Self {
            hash: transcript.hash(),
            sealed: *transcript.sealed,
            initiator: for_role(b"initiator"),
            joiner: for_role(b"joiner"),
        }
    }

    /// What the joiner sends: HMAC-SHA256 over the transcript's hash and its own number.
    pub(super) fn of_joiner(&self, number: &[u8; 32]) -> Vec<u8> {
        let said = [self.hash, *number].concat();
        hmac::sign(&self.joiner, &said).as_ref().to_vec()
    }

    /// Whether that is what came, in constant time.
    pub(super) fn joiner_knows(&self, number: &[u8; 32], mac: &[u8]) -> bool {
        let said = [self.hash, *number].concat();
        hmac::verify(&self.joiner, &said, mac).is_ok()
    }

    /// What the initiator sends: the same over both numbers, the joiner's first, with its own key.
    pub(super) fn of_initiator(&self, numbers: [&[u8; 32]; 2]) -> Vec<u8> {
        hmac::sign(&self.initiator, &self.both(numbers))
            .as_ref()
            .to_vec()
    }

    /// Whether that is what came, in constant time, and its number is the one that was sealed.
    pub(super) fn initiator_knows(&self, numbers: [&[u8; 32]; 2], mac: &[u8]) -> bool {
        let [_, own] = numbers;
        hmac::verify(&self.initiator, &self.both(numbers), mac).is_ok() && seal(own) == self.sealed
    }

    /// The words that both screens show: the same on both only if nobody is between them, not even
    /// one who knows the passphrase. Neither side can choose its number after it knows the other's.
    pub(super) fn check_words(&self, numbers: [&[u8; 32]; 2]) -> [String; CHECK_WORDS] {
        let label: &[u8] = b"mcloud-session/1 check words";
        let hash = sha256(&[label, &self.both(numbers)].concat());
        let mut pairs = hash.chunks_exact(8);
        // 64 bits for each word: no word is likelier than another by more than 2⁻⁵³.
        std::array::from_fn(|_| {
            let bits = pairs.next().unwrap_or_default().iter();
            let number = bits.fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            let index = number % (wordlist::COUNT as u64);
            let word = usize::try_from(index).ok().and_then(wordlist::word);
            word.unwrap_or_default().to_owned()
        })
    }

    fn both(&self, [joiner, initiator]: [&[u8; 32]; 2]) -> Vec<u8> {
        [self.hash, *joiner, *initiator].concat()
    }
}

/// What the initiator's number is sealed with until the joiner has said its own.
pub(super) fn seal(number: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"mcloud-session/1 seal".as_slice(), number].concat())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    const JOINERS: [u8; 32] = [1; 32];
    const INITIATORS: [u8; 32] = [2; 32];

    /// The exchange of `tests/session/pake.rs` with the same names; what a second implementation of
    /// all this (Python's hashlib and hmac) makes of it stands in the tests.
    fn known() -> ([u8; 32], Confirmation) {
        let channel = Channel {
            me: "a".repeat(52).parse().unwrap(),
            peer: format!("{}a", "b".repeat(51)).parse().unwrap(),
            exporter: [7; 32],
        };
        let session = "abcdefghijklmnop234567".parse().unwrap();
        let asked = hex("42885735d21b59de71b387b37ea9cca1b6b9816a61f5bf89c119d39e73357ec8fd");
        let answered = hex("41fbe105fad9cd3a1ea6cd3fa7c4da6b88cab6faedc174c82ab96416fbb2de0d0b");
        let sealed = seal(&INITIATORS);
        let said = [asked.as_slice(), answered.as_slice()];
        let transcript = Transcript::of((Side::Initiator, &channel), &session, said, &sealed);
        let key = hex("43c836566101e3165acbf13c01a95bf9de8cc3ad35e3aca1802da2661e0e9bc5");
        let confirmation = Confirmation::new(&transcript, &Zeroizing::new(key));
        (transcript.hash(), confirmation)
    }

    fn hex(digits: &str) -> Vec<u8> {
        HEXLOWER.decode(digits.as_bytes()).unwrap()
    }

    #[test]
    fn transcript_and_proofs_are_those_of_the_second_implementation() {
        let (hash, confirmation) = known();
        let told = "dd2df45eae876f37c082fb1cc2148cf1e309e229a7449923202977562c2c8732";
        assert_eq!(HEXLOWER.encode(&hash), told);
        let told = "7ff7fb82101b009155b735069ed3d84064b5053065dca98cc0952b95aeff26a7";
        assert_eq!(HEXLOWER.encode(&confirmation.of_joiner(&JOINERS)), told);
        let proof = confirmation.of_initiator([&JOINERS, &INITIATORS]);
        let told = "e521d6c71048e0ab4b4347302d485bd4ba3e91729a9a633fe8fbb11448e668d7";
        assert_eq!(HEXLOWER.encode(&proof), told);
        let words = confirmation.check_words([&JOINERS, &INITIATORS]);
        assert_eq!(words, ["seismology", "osmosis", "defrost", "asparagus"]);
    }

    #[test]
    fn a_proof_is_good_for_its_role_and_number_alone() {
        let (_, confirmation) = known();
        let joiners = confirmation.of_joiner(&JOINERS);
        let initiators = confirmation.of_initiator([&JOINERS, &INITIATORS]);
        assert!(confirmation.joiner_knows(&JOINERS, &joiners));
        assert!(confirmation.initiator_knows([&JOINERS, &INITIATORS], &initiators));
        assert!(!confirmation.joiner_knows(&JOINERS, &initiators));
        assert!(!confirmation.initiator_knows([&JOINERS, &INITIATORS], &joiners));
        assert!(!confirmation.joiner_knows(&INITIATORS, &joiners));
        assert!(!confirmation.joiner_knows(&JOINERS, &[]));
    }

    #[test]
    fn an_initiator_cannot_take_another_number_once_it_knows_the_joiners() {
        let (_, confirmation) = known();
        let chosen = [3; 32];
        let proof = confirmation.of_initiator([&JOINERS, &chosen]);
        assert!(!confirmation.initiator_knows([&JOINERS, &chosen], &proof));
    }
}
